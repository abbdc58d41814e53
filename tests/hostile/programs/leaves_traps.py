# verdict: AC
# answer: 0
# Links, pipes and sockets for whoever cleans up; and it counts what the case before left.
import os
import socket

places = ("/box", "/tmp", "/dev/shm", "/feedback")
print(sum(len(os.listdir(place)) for place in places))
for place in places:
    os.symlink("/", place + "/root")
    os.symlink("/etc/shadow", place + "/judgemessage.txt")
    os.symlink("loop", place + "/loop")
    os.mkfifo(place + "/score.txt")
    socket.socket(socket.AF_UNIX).bind(place + "/socket")
    os.makedirs(place + "/-rf/\n/ ")
    open(place + "/" + "n" * 255, "w").close()
    os.link(place + "/" + "n" * 255, place + "/again")
    os.chmod(place + "/-rf", 0)
