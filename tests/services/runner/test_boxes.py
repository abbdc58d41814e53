"""What a box holds back, and what it measures. The figures' bounds are those that docs/sandbox.md promises."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import time
from pathlib import Path

import pytest

from contest.groups import CaseGroup, OnReject
from contest.limits import MIB, Limits
from contest.verdicts import Verdict
from services.runner.sandbox.box import Box
from services.runner.sandbox.errors import BoxLost
from services.runner.sandbox.execution import Job, KilledBy
from services.runner.sandbox.selftest import CHECKS, self_test
from services.runner.sandbox.spool import sealed
from services.runner.sandbox.trial import HARD_KILL_S
from services.runner.sandbox.turns import taking_turns
from tests.services.runner.workshop import LIMITS, Workshop

pytestmark = pytest.mark.sandbox

SPIN = (
    "#include <stdio.h>\n#include <stdlib.h>\n#include <time.h>\nint main(int n,char**v){struct timespec t;double s=atof(v[1]);"
    "do clock_gettime(CLOCK_PROCESS_CPUTIME_ID,&t);while(t.tv_sec+t.tv_nsec/1e9<s);printf(\"%ld\",t.tv_sec*1000000000L+t.tv_nsec);}"
)
"""Spins for so many seconds of its own CPU time, and says how many nanoseconds they became: more where the machine took the core away."""
TOUCH = "#include <stdlib.h>\n#include <string.h>\nint main(int n,char**v){size_t m=(size_t)atoi(v[1])<<20;char*p=malloc(m);memset(p,1,m);return p[m/2]-1;}"


async def test_self_test_finds_nothing_wrong(workshop: Workshop) -> None:
    lines = await self_test(workshop.pool)
    assert {line.name: line.wrong for line in lines} == {check.name: "" for check in CHECKS}


@pytest.mark.parametrize("at_once", [1, 2], ids=["alone", "all slots busy"])
async def test_cpu_time_is_told_within_one_percent(workshop: Workshop, at_once: int) -> None:
    off: list[float] = []
    for _ in range(6):  # the least of some: a stolen core is charged to whoever held it
        for execution, told in await asyncio.gather(*(workshop.run_c(SPIN, LIMITS, b"", "0.3") for _ in range(at_once))):
            assert execution.verdict is None
            off.append(abs(execution.cpu_ns - int(told)) / int(told))
        if min(off) <= 0.01:
            break
    assert min(off) <= 0.01, off


async def test_same_solutions_get_the_same_verdicts_again_and_again(workshop: Workshop) -> None:
    limits = dataclasses.replace(LIMITS, memory_bytes=16 * MIB)
    sources = {
        "AC": "int main(void){puts(\"42\");}", "WA": "int main(void){puts(\"43\");}", "RTE": "int main(void){abort();}",
        "MLE": "int main(void){for(;;)memset(malloc(1<<20),1,1<<20);}", "TLE": "int main(void){for(;;){}}",
    }  # fmt: skip
    late = dataclasses.replace(limits, cpu_ms=30)  # for the one that waits for it: a stolen core is charged to whoever held it
    cases = [workshop.shelf.case(str(number), "", "42") for number in range(12)]
    for wanted, source in sources.items():
        whole = f"#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n{source}"
        end = await workshop.judged("c", whole, cases, limits=late if wanted == "TLE" else limits, groups=CaseGroup(on_reject=OnReject.CONTINUE))
        assert [result.verdict.value for result in end.results] == [wanted] * len(cases), end


async def test_cpu_time_of_children_and_orphans_counts(workshop: Workshop) -> None:
    source = SPIN.replace("int main", "int spin").replace("atof(v[1])", "0.1") + (
        "\n#include <unistd.h>\nint main(void){int p[2];char c;pipe(p);for(int i=0;i<3;i++)if(!fork()){spin(0,0);_exit(0);}close(p[1]);read(p[0],&c,1);}"
    )
    execution, _ = await workshop.run_c(source)
    assert execution.cpu_ns >= 300_000_000


async def test_a_runner_that_is_paused_does_not_take_its_own_sleep_for_the_programs(workshop: Workshop) -> None:
    limits = dataclasses.replace(LIMITS, wall_ms=1500)

    def pause() -> None:  # as SIGSTOP does: nothing of this process runs, the program does
        time.sleep(2.5)

    asyncio.get_running_loop().call_later(0.2, pause)
    execution, _ = await workshop.run(("/bin/sleep", "0.6"), limits)
    assert execution.killed_by is None
    assert execution.verdict is None
    assert 600 <= execution.wall_ns / 1e6 < 1500


async def test_memory_is_told_within_one_mebibyte(workshop: Workshop) -> None:
    for wanted in (16, 64):
        execution, _ = await workshop.run_c(TOUCH, LIMITS, b"", str(wanted))
        assert execution.verdict is None
        assert wanted <= execution.memory_bytes / MIB <= wanted + 1


async def test_memory_limit_holds_to_the_mebibyte(workshop: Workshop) -> None:
    under, _ = await workshop.run_c(TOUCH, LIMITS, b"", "126")
    over, _ = await workshop.run_c(TOUCH, LIMITS, b"", "128")
    assert (under.verdict, over.verdict) == (None, Verdict.MLE)


async def test_reserving_without_touching_costs_nothing(workshop: Workshop) -> None:
    source = "#include <sys/mman.h>\nint main(void){return mmap(0,8l<<30,3,MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE,-1,0)==MAP_FAILED;}"
    execution, _ = await workshop.run_c(source)
    assert execution.verdict is None
    assert execution.memory_bytes < 2 * MIB


async def test_large_input_does_not_count_as_memory(workshop: Workshop) -> None:
    question = b"7" * (20 * MIB)
    source = "#include <unistd.h>\nint main(void){static char b[65536];long n=0,k;while((k=read(0,b,sizeof b))>0)n+=k;return n!=20<<20;}"
    case = workshop.shelf.case("1", question, "")
    for _ in range(2):  # fetched, then from the cache
        result = await workshop.only_result("c", source, [case])
        assert (result.verdict, result.memory_bytes < 2 * MIB) == ("AC", True), result


async def test_deep_recursion_works_up_to_the_memory_limit(workshop: Workshop) -> None:
    source = (
        "#include <string.h>\n__attribute__((noinline)) int deep(int n,char*up){char b[1000];memset(b,n,sizeof b);"
        "__asm__ volatile(\"\"::\"r\"(b):\"memory\");return n?deep(n-1,b)+b[5]-b[6]:up[0]*0;}\nint main(void){return deep(60000,\"\");}"
    )
    execution, _ = await workshop.run_c(source)
    assert execution.verdict is None
    assert execution.memory_bytes > 50 * MIB


async def test_environment_is_always_the_same(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALESTRA_ADMIN_PASSWORD", "secret")
    _, output = await workshop.run(("/usr/bin/env",))
    assert sorted(output.decode().split()) == ["HOME=/box", "LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin", "TMPDIR=/tmp"]


async def test_nothing_of_the_host_can_be_read(workshop: Workshop, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of the host")
    for path in (secret, "/etc/passwd", "/etc/shadow", "/root", "/home", "/var", "/sys", f"/proc/{os.getpid()}/environ", "/proc/1/environ"):
        execution, output = await workshop.run(("/bin/cat", str(path)))
        assert (execution.exit_code, output) == (1, b""), path


async def test_only_the_boxs_own_processes_are_seen(workshop: Workshop) -> None:
    _, output = await workshop.run(("/bin/sh", "-c", "echo /proc/[0-9]*"))
    assert len(output.split()) == 2, output


async def test_input_of_a_case_cannot_be_changed(workshop: Workshop) -> None:
    source = (
        "#include <fcntl.h>\n#include <sys/stat.h>\n#include <unistd.h>\n"
        'int main(void){int f=open("/proc/self/fd/0",O_RDWR);return (f>=0)*1+(fchmod(0,0666)==0)*2+(write(0,"x",1)==1)*4+(ftruncate(0,0)==0)*8;}'
    )
    case = workshop.shelf.case("1", "1 2\n", "")
    assert (await workshop.only_result("c", source, [case])).verdict == "AC"


async def test_program_cannot_change_its_own_files_for_the_next_case(workshop: Workshop) -> None:
    source = "import os\ntry:\n  open('/program/main.py','a')\nexcept OSError: print('no')\ntry:\n  os.unlink('/program/main.py')\nexcept OSError: print('no')"
    end = await workshop.judged("python3", source, [workshop.shelf.case(str(number), "", "no no") for number in range(3)])
    assert [result.verdict for result in end.results] == ["AC"] * 3


async def test_box_is_empty_again_before_each_case(workshop: Workshop) -> None:
    source = (
        "import os\nplaces=['/box','/tmp','/dev/shm','/feedback']\nprint(sum(len(os.listdir(p)) for p in places))\n"
        "for p in places:\n  d=p+'/a/b'; os.makedirs(d); open(d+'/f','w').write('x'); os.symlink('/etc',p+'/link'); os.mkfifo(p+'/pipe'); os.chmod(d,0); os.chmod(p+'/a',0)"
    )
    end = await workshop.judged("python3", source, [workshop.shelf.case(str(number), "", "0") for number in range(5)])
    assert [result.verdict for result in end.results] == ["AC"] * 5, end


async def test_answer_is_not_in_the_box(workshop: Workshop) -> None:
    result = await workshop.only_result("python3", "open('/case/answer')", [workshop.shelf.case("1", "", "secret")])
    assert result.verdict == "RTE"


async def test_daemon_that_holds_the_output_keeps_nobody_waiting(workshop: Workshop) -> None:
    source = "#include <unistd.h>\nint main(void){if(!fork()){setsid();if(!fork())sleep(60);_exit(0);}write(1,\"x\",1);}"
    began = asyncio.get_running_loop().time()
    execution, output = await workshop.run_c(source)
    assert (execution.verdict, output) == (None, b"x")
    assert execution.left_behind >= 1
    assert asyncio.get_running_loop().time() - began < 20


async def test_output_is_cut_at_the_byte_and_the_program_ended(workshop: Workshop) -> None:
    limits = dataclasses.replace(LIMITS, output_bytes=100_000)
    execution, output = await workshop.run(("/usr/bin/yes",), limits)
    assert (execution.verdict, len(output), execution.killed_by) == (Verdict.OLE, 100_000, KilledBy.OUTPUT)
    exact, output = await workshop.run(("/usr/bin/head", "-c", "100000", "/dev/zero"), limits)
    assert (exact.verdict, len(output)) == (None, 100_000)


async def test_box_outlives_a_program_that_ended_with_too_much_in_its_pipe(workshop: Workshop) -> None:
    async with workshop.pool.box() as box:
        execution = await box.execute(Job(("/bin/echo", "x" * 200), dataclasses.replace(LIMITS, output_bytes=100)))
        execution.output.close()
        assert (execution.verdict, execution.killed_by) == (Verdict.OLE, KilledBy.OUTPUT)
        assert await box.recycle()
        later = await box.execute(Job(("/bin/sleep", str(HARD_KILL_S * 1.2)), LIMITS))
        later.output.close()
        assert (later.verdict, later.is_lost) == (None, False)


async def test_each_execution_reads_its_input_from_the_start_with_flags_of_its_own(workshop: Workshop) -> None:
    fd = sealed(b"12345")
    spoils = "import fcntl,os; fcntl.fcntl(0, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND); print(os.read(0, 3))"
    looks = "import fcntl,os; print(fcntl.fcntl(0, fcntl.F_GETFL) & (os.O_NONBLOCK | os.O_APPEND), os.read(0, 9))"
    said = []
    for source in (spoils, looks):
        async with workshop.pool.box() as box:
            execution = await box.execute(Job(("/usr/bin/python3", "-c", source), LIMITS, stdin=fd))
            said.append(execution.output.head(100).decode().strip())
            execution.output.close()
    os.close(fd)
    assert said == ["b'123'", "0 b'12345'"]


async def test_flood_of_complaints_is_cut_and_harms_nothing(workshop: Workshop) -> None:
    execution, output = await workshop.run(("/bin/sh", "-c", "head -c 5000000 /dev/zero >&2; echo fine"))
    assert (execution.verdict, output, len(execution.stderr)) == (None, b"fine\n", 16 << 10)


async def test_fork_bomb_is_held_and_leaves_nothing(workshop: Workshop) -> None:
    # the kernel counts the stack of each fork that it refuses (16 KiB, thousands of them) until it gets round to freeing it: late when it is busy
    limits = dataclasses.replace(LIMITS, cpu_ms=200, wall_ms=1000, memory_bytes=1024 * MIB)
    execution, _ = await workshop.run_c("#include <unistd.h>\nint main(void){for(;;)fork();}", limits)
    assert execution.verdict is Verdict.TLE
    assert execution.refused_forks > 0
    after, output = await workshop.run(("/bin/echo", "fine"))
    assert (after.verdict, output) == (None, b"fine\n")


async def test_cancelled_execution_ends_at_once_and_the_next_one_runs(workshop: Workshop) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await workshop.run(("/bin/sleep", "60"), dataclasses.replace(LIMITS, wall_ms=60_000))
    assert (await workshop.run(("/bin/true",)))[0].verdict is None


async def test_box_whose_pid_one_is_killed_is_lost_and_replaced(workshop: Workshop) -> None:
    async with workshop.pool.box() as box:
        await box.until_prepared()
        signal.pidfd_send_signal(box._pidfd, signal.SIGKILL)
        try:
            execution = await box.execute(Job(("/bin/true",), LIMITS))
        except BoxLost:
            pass  # it was gone before the order
        else:
            assert (execution.is_lost, execution.verdict) == (True, Verdict.JE)
    assert (await workshop.run(("/bin/true",)))[0].verdict is None


async def test_tool_that_is_not_there_is_our_fault(workshop: Workshop) -> None:
    execution, _ = await workshop.run(("/usr/bin/missing", "/program/main"))
    assert (execution.verdict, "No such file" in execution.detail) == (Verdict.JE, True)


async def test_files_come_out_by_descriptor_and_links_do_not(workshop: Workshop) -> None:
    async with workshop.pool.box() as box:
        script = "printf 12345 > real; ln -s /usr/lib/os-release link; mkdir folder; mkfifo pipe; mkdir d; ln -s /usr d/usr"
        execution = await box.execute(Job(("/bin/sh", "-c", script), LIMITS))
        execution.output.close()
        got = await box.get("/box/real", 3)
        assert got is not None
        assert (got.content, got.full_bytes) == (b"123", 5)
        for name in ("link", "folder", "pipe", "missing", "d/usr/lib/os-release"):
            assert await box.get(f"/box/{name}", 100) is None, name


async def test_files_go_in_with_their_folders(workshop: Workshop) -> None:
    fd = sealed(b"content")
    async with workshop.pool.box() as box:
        await box.put("/program/some/where/file", fd)
        execution = await box.execute(Job(("/bin/cat", "/program/some/where/file"), LIMITS))
        assert execution.output.head(100) == b"content"
        execution.output.close()
    os.close(fd)


async def test_boxes_take_turns_and_a_spoilt_one_is_replaced(workshop: Workshop) -> None:
    furnished = []

    async def furnish(box: object) -> None:
        furnished.append(box)

    async with taking_turns(workshop.pool, furnish) as turns:
        used = []
        for number in range(6):
            async with turns.turn() as box:
                used.append(box)
                execution = await box.execute(Job(("/bin/true",), LIMITS))
                execution.output.close()
                if number == 2:
                    box.kill()
    assert len(set(used)) == 3
    assert len(furnished) >= 3


async def test_uids_of_two_boxes_differ_and_none_is_root(workshop: Workshop) -> None:
    async with workshop.pool.box() as first, workshop.pool.box() as second:
        seen = set()
        for box in (first, second):
            execution = await box.execute(Job(("/bin/cat", "/proc/self/uid_map"), LIMITS))
            seen |= {line.split()[1] for line in execution.output.head(1000).decode().splitlines()}
            execution.output.close()
    assert len(seen) == 4
    assert "0" not in seen


@pytest.mark.parametrize("call", ["mount(0,0,0,0,0)", "unshare(0x10000000)", "chroot(\"/\")", "sethostname(\"x\",1)", "syscall(321,0,0,0)"])
async def test_calls_that_no_program_needs_are_rfe(workshop: Workshop, call: str) -> None:
    source = f"#define _GNU_SOURCE\n#include <sched.h>\n#include <sys/mount.h>\n#include <unistd.h>\nint main(void){{{call};return 0;}}"
    execution, _ = await workshop.run_c(source)
    assert execution.verdict is Verdict.RFE


@pytest.mark.parametrize("domain", ["AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_ALG"])
async def test_no_socket_but_unix_can_be_made(workshop: Workshop, domain: str) -> None:
    source = f"#include <sys/socket.h>\n#include <errno.h>\nint main(void){{return socket({domain},SOCK_STREAM,0)<0&&errno==EACCES?0:1;}}"
    execution, _ = await workshop.run_c(source)
    assert execution.verdict is None


async def test_threads_and_their_stacks_work(workshop: Workshop) -> None:
    source = (
        "#include <pthread.h>\nvoid*f(void*x){return x;}\nint main(void){pthread_t t[20];for(int i=0;i<20;i++)"
        "if(pthread_create(t+i,0,f,0))return 1;for(int i=0;i<20;i++)pthread_join(t[i],0);return 0;}"
    )
    execution, _ = await workshop.run_c(source)
    assert execution.verdict is None, execution.detail


async def test_limits_must_be_kept_by_many_at_once(workshop: Workshop) -> None:
    limits = Limits(cpu_ms=200, wall_ms=20_000, memory_bytes=64 * MIB)
    over: list[int] = []
    for _ in range(5):  # the best of some: who is to end them may have to wait for a core himself
        runs = await asyncio.gather(*(workshop.run(("/bin/sh", "-c", "while :; do :; done"), limits) for _ in range(4)))
        assert [execution.verdict for execution, _ in runs] == [Verdict.TLE] * 4
        assert all(execution.time_ms >= 200 for execution, _ in runs)
        over.append(max(execution.time_ms for execution, _ in runs))
        if over[-1] <= 260:
            break
    assert min(over) <= 260, over


async def test_a_child_that_gets_into_no_group_is_named_when_the_box_is_used(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    shut = os.open("/dev/null", os.O_RDONLY)  # joining is a write
    source = sealed(b"text")
    create = workshop.sandbox.groups.create

    def create_shut() -> object:
        group = create()
        monkeypatch.setattr(group, "join_fds", lambda: [shut])
        return group

    monkeypatch.setattr(workshop.sandbox.groups, "create", create_shut)
    box = Box(workshop.sandbox)
    try:
        await box.start()
        box.prepare()
        with pytest.raises(BoxLost, match="did not get into its control group: Bad file descriptor"):
            for number in range(1000):  # its end comes before one of these answers
                await box.put(f"/box/{number}", source)
    finally:
        box.kill()
        await box.until_gone()
        os.close(shut)
        os.close(source)
