// verdict: AC
// answer: nothing
// cases: 1
// The JVM's own doors: files, sockets, other programs, the end of everything.
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.net.Socket;
public class Looks {
    static boolean reads(String path) { try (var in = new FileInputStream(path)) { return in.read() >= 0; } catch (IOException no) { return false; } }
    public static void main(String[] words) throws Exception {
        for (String path : new String[] {"/etc/passwd", "/etc/shadow", "/proc/1/environ", "/proc/1/mem", "/case/answer", "/proc/kcore"}) if (reads(path)) System.out.println(path);
        for (String path : new String[] {"/root", "/home", "/sys", "/var/log", "/var/tmp"}) if (new File(path).list() != null) System.out.println(path);
        try { new File("/program/x").createNewFile(); System.out.println("/program"); } catch (IOException no) { }
        try { new Socket("127.0.0.1", 22).close(); System.out.println("network"); } catch (IOException no) { }
        new ProcessBuilder("/bin/sh", "-c", "kill -9 1").start().waitFor();
        System.out.println("nothing");
    }
}
