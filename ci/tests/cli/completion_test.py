#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""What bash and zsh complete behind the command. Prints TAP."""

import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

from tap import Tap

CLI = pathlib.Path(__file__).resolve().parents[3] / "src" / "cli"
tap = Tap()
work = pathlib.Path(tempfile.mkdtemp())


def stand_ins():
    """What completion asks: ip and the command itself."""
    (work / "ip").write_text("""#!/bin/sh
case "$*" in
"-n blue -o link show type wireguard") echo '4: wgblue: <UP> mtu 1420' ;;
"-o link show type wireguard") echo '4: wg0: <UP> mtu 1420'; echo '5: wg1@if3: <UP> mtu 1420' ;;
"netns list") echo 'blue (id: 0)'; echo red ;;
esac
""")
    (work / "nsenter").write_text("""#!/bin/sh
case "$*" in
"--net=/run/some/net -- ip -o link show type wireguard") echo '4: wgpath: <UP> mtu 1420' ;;
"--net=/proc/4711/ns/net -- ip -o link show type wireguard") echo '4: wgprocess: <UP> mtu 1420' ;;
esac
""")
    (work / "wireguard-reorder").write_text("""#!/bin/sh
[ "$1" != -n ] || { [ "$2" = blue ] || exit 1; blue=BLUE; shift 2; }
case $1 in
dump) printf "AKEY$blue=\\t%s\\t0\\nBKEY$blue=\\t%s\\t0\\n" "$2" "$2" ;;
stats) printf "authenticated$blue: 5\\nlate: 0\\n" ;;
esac
""")
    for name in ("ip", "nsenter", "wireguard-reorder"):
        (work / name).chmod(0o755)
    return {**os.environ, "PATH": f"{work}:{os.environ['PATH']}"}


def bash(line, env, breaks="= "):
    """The words that bash offers for the end of a line, if these part words."""
    words = line.split(" ")
    if "=" in breaks:
        words = [part for word in words for part in ([x for x in re.split("(=)", word) if x] or [""])]
    script = f"""
        . {CLI}/completion.bash
        COMP_WORDS=({' '.join(f"'{w}'" for w in words)})
        COMP_CWORD={len(words) - 1}
        COMP_LINE='{line}'
        COMP_WORDBREAKS='{breaks}'
        _wireguard_reorder
        printf '%s\\n' "${{COMPREPLY[@]}}"
        """
    out = subprocess.run(["bash", "-eu", "-c", script], env=env, capture_output=True, text=True, check=False)
    assert not out.stderr, out.stderr
    return out.stdout.split()


# What a name may be that somebody else has given to an interface or a namespace: a shell would run it.
EVIL = "$(>ran)"


def evil():
    """The same, with such names, in a folder where it would show that one was run."""
    env = stand_ins()
    (work / "ip").write_text(f"""#!/bin/sh
case "$*" in
*"type wireguard"*) echo '4: {EVIL}: <UP> mtu 1420' ;;
"netns list") echo '{EVIL}' ;;
esac
""")
    os.chdir(work)
    return env


def ran():
    """Whether a name was run; forgets it."""
    seen = (work / "ran").exists()
    (work / "ran").unlink(missing_ok=True)
    return seen


CASES = [
    ("", "status show stats dump watch set apply reset switch doctor export test"),
    ("s", "status show stats set switch"),
    ("-", "--json --netns --plain --help --version"),
    ("-n ", "blue red"),
    ("--netns r", "red"),
    ("-j show ", "all wg0 wg1"),
    # In the namespace that is given, each way to give it.
    ("-n blue show ", "all wgblue"),
    ("-nblue show ", "all wgblue"),
    ("-jn blue show ", "all wgblue"),
    ("-jpn ", "blue red"),
    ("--netns blue set ", "wgblue"),
    ("--netns=blue set ", "wgblue"),
    ("-n 4711 set ", "wgprocess"),
    ("-n /run/some/net set ", "wgpath"),
    ("-n blue reset wgblue peer ", "AKEYBLUE= BKEYBLUE="),
    ("-n blue stats wgblue ", "authenticatedBLUE late"),
    ("--count 3 show ", "all wg0 wg1"),
    ("test ", "wg0 wg1 --time --pcap"),
    ("test --time ", ""),
    ("test --pcap 3 ", "wg0 wg1 --time --pcap"),
    ("show wg0 ", ""),
    ("dump a", "all"),
    ("watch ", "wg0 wg1 --count --interval"),
    ("watch wg0 --", "--count --interval"),
    ("watch --count ", ""),
    ("stats ", "wg0 wg1"),
    ("stats wg0 ", "authenticated late"),
    ("reset wg0 ", "peer"),
    ("reset wg0 peer ", "AKEY= BKEY="),
    ("set ", "wg0 wg1"),
    ("set wg0 ", "peer mode hold hold-max window scope --save"),
    ("set wg0 peer ", "AKEY= BKEY="),
    ("-n blue set wgblue peer ", "AKEYBLUE= BKEYBLUE="),
    ("set wg0 peer AKEY= ", "default mode hold hold-max window scope --save"),
    ("set wg0 peer AKEY= mode ", "adaptive fixed off default"),
    ("set wg0 peer AKEY= mode off ", "mode hold hold-max window scope --save"),
    ("set wg0 scope peer ", "mode hold hold-max window scope --save"),
    ("apply ", "all wg0 wg1 --new-peers"),
    ("apply wg0 ", "--new-peers"),
    ("export ", "--all-netns --output"),
    ("set wg0 mode ", "adaptive fixed off"),
    ("set wg0 mode fixed h", "hold hold-max"),
    ("set wg0 hold-max ", "50ms 250ms 500ms 1s"),
    ("set wg0 window 8", "8192"),
    ("set wg0 window 3", "32768"),
    ("set wg0 scope ", "flow peer auto"),
    ("set wg0 mode fixed s", "scope"),
    ("switch ", "ours stock --yes"),
    ("switch ours ", "--yes"),
    ("status ", ""),
    ("--netns=", "blue red"),
    ("--netns=bl", "blue"),
    ("--count=3 show ", "all wg0 wg1"),
    ("test --time=", ""),
    ("test --json=", ""),
    ("set wg0 peer AKEY=", ""),
    ("set wg0 peer QUtFWQ== mode ", "adaptive fixed off default"),
    ("reset wg0 peer B", "BKEY="),
]


def test_bash():
    env = stand_ins()
    for line, wanted in CASES:
        tap.same(bash("wireguard-reorder " + line, env), wanted.split(), f"bash: wireguard-reorder {line}")
    # Where somebody has it that "=" parts no words.
    for line, wanted in (("--netns=", "--netns=blue --netns=red"), ("--netns=bl", "--netns=blue"), ("--netns=blue set ", "wgblue"),
                         ("set wg0 peer A", "AKEY="), ("set wg0 peer AKEY= mode ", "adaptive fixed off default"), ("test --time=", "")):
        tap.same(bash("wireguard-reorder " + line, env, " "), wanted.split(), f"bash without = between words: wireguard-reorder {line}")
    folder = work / "files"
    folder.mkdir()
    for name in "one.pcap", "a=b", "a=c d":
        (folder / name).touch()
    for line, wanted in ((f"test --pcap={folder}/o", f"test --pcap={folder}/one.pcap"), (f"test --pcap {folder}/o", f"test --pcap {folder}/one.pcap"),
                         (f"export --output={folder}/o", f"export --output={folder}/one.pcap"), ("--netns=b", "--netns=blue"), ("-n b", "-n blue"),
                         ("set wg0 peer A", "set wg0 peer AKEY="), ("set wg0 peer AKEY= mode ad", "set wg0 peer AKEY= mode adaptive"),
                         ("set wg0 peer AKEY=", "set wg0 peer AKEY="), ("--netns=blue set w", "--netns=blue set wgblue"), (f"test --pcap={folder}/a=b", f"test --pcap={folder}/a=b"),
                         (f"test --pcap={folder}/a=c", f"test --pcap={folder}/a=c\\ d")):
        tap.same(readline(line, env).rstrip(), wanted, f"bash, on a terminal: wireguard-reorder {line}")


def readline(line, env):
    """What an interactive bash makes of a line by tab."""
    main, other = pty.openpty()
    out = work / "typed"
    out.unlink(missing_ok=True)
    # What is typed then is kept, and not run.
    start = f"PS1= PS2=; . {CLI}/completion.bash; bind 'set enable-bracketed-paste off'; bind -x '\"\\C-g\": printf %s \"$READLINE_LINE\" >{out}.new; mv {out}.new {out}'; echo set' 'up\n"
    with subprocess.Popen(["bash", "--norc", "--noprofile", "-i"], env={**env, "TERM": "dumb"}, stdin=other, stdout=other, stderr=other, cwd=work,
                          start_new_session=True) as child:
        os.close(other)
        os.write(main, start.encode())
        said, end = b"", time.monotonic() + 30
        while b"set up" not in said and time.monotonic() < end:
            said += os.read(main, 65536)
        os.write(main, f"wireguard-reorder {line}\t\x07".encode())
        while not out.exists() and time.monotonic() < end:
            if select.select([main], [], [], 0.02)[0]:
                said += os.read(main, 65536)
        child.kill()
    os.close(main)
    return out.read_text().removeprefix("wireguard-reorder ") if out.exists() else said.decode(errors="replace")


def test_bash_evil():
    env = evil()
    quoted = subprocess.run(["bash", "-c", 'printf %q "$1"', "-", EVIL], capture_output=True, text=True, check=True).stdout
    for line, wanted in (("-n ", [quoted]), ("show ", ["all", quoted]), ("watch ", [quoted, "--count", "--interval"]),
                         ("set $", []), ("set \\$", [quoted]), ("stats " + EVIL + " ", ["authenticated", "late"])):
        tap.same(bash("wireguard-reorder " + line, env), wanted, f"bash: a name that is a command: {line}")
        tap.point(not ran(), f"bash: it is not run: {line}")


class Zsh:
    """An interactive zsh on a terminal of its own."""

    def __init__(self, env):
        self.main, other = pty.openpty()
        shutil.copy(CLI / "completion.zsh", work / "_wireguard-reorder")
        self.child = subprocess.Popen(["zsh", "-f", "-i"], env={**env, "TERM": "dumb", "PS1": "ready> "}, stdin=other,
                                      stdout=other, stderr=other, start_new_session=True)
        os.close(other)
        self.passed = 0
        self.send(f"PS1='ready> '; unsetopt zle_bracketed_paste; fpath=({work} $fpath); autoload -U compinit; "
                  f"compinit -u -d {work}/dump; zstyle ':completion:*' list-colors ''; stty cols 200; LISTMAX=1000; "
                  "mark() { print -n \"<$((++passed))>\" }; zle -N mark; bindkey '^G' mark; echo set' 'up\n")
        self.read(["set up"])
        self.mark()

    def send(self, text):
        os.write(self.main, text.encode())

    def read(self, wanted):
        """What comes until it has all that is wanted, or for 30 s."""
        out, text, end = b"", "", time.monotonic() + 30
        while not all(word in text for word in wanted) and select.select([self.main], [], [], max(0, end - time.monotonic()))[0]:
            out += os.read(self.main, 65536)
            text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\r|\x07", "", out.decode(errors="replace"))
        return text

    def mark(self):
        """Have it done all that it was sent so far, and read what it said."""
        self.passed += 1
        self.send("\x07")
        return self.read([f"<{self.passed}>"])

    def complete(self, line, wanted):
        """What is shown after tab; ctrl-U then clears the line."""
        self.send(line + "\t")
        shown = self.read(wanted)
        self.send("\x15")
        return shown + self.mark()

    def close(self):
        self.send("\x15exit\n")
        self.child.wait(30)
        os.close(self.main)


def test_zsh():
    if not shutil.which("zsh"):
        tap.point(True, "zsh # SKIP is not installed")
        return
    zsh = Zsh(stand_ins())
    folder = work / "zsh-files"
    folder.mkdir()
    (folder / "one.pcap").touch()
    for line, wanted in (("", ["status", "show", "doctor", "export"]), ("doc", ["doctor"]), ("show ", ["all", "wg0", "wg1"]),
                         ("-n ", ["blue", "red"]), ("-n blue show ", ["all", "wgblue"]), ("--netns=blue set ", ["wgblue"]),
                         ("-n 4711 set ", ["wgprocess"]), ("-n /run/some/net set ", ["wgpath"]),
                         ("-n blue reset wgblue peer ", ["AKEYBLUE=", "BKEYBLUE="]), ("set wg0 ", ["hold-max", "mode", "peer", "window", "--save"]), ("apply ", ["all", "wg0", "wg1"]),
                         ("apply --", ["--new-peers"]), ("set wg0 peer ", ["AKEY=", "BKEY="]), ("set wg0 peer AKEY= ", ["default", "mode"]),
                         ("set wg0 peer AKEY= mode ", ["adaptive", "default"]), ("set wg0 scope peer m", ["mode"]),
                         ("export --", ["--all-netns", "--output"]),
                         ("set wg0 mode ", ["adaptive", "fixed", "off"]), ("set wg0 scope ", ["auto", "flow", "peer"]), ("set wg0 ", ["scope"]), ("stats wg0 ", ["authenticated", "late"]),
                         ("reset wg0 peer ", ["AKEY=", "BKEY="]), ("switch o", ["ours"]), ("watch wg0 --c", ["--count"]),
                         (f"test --pcap={folder}/o", ["one.pcap"]), (f"test --pcap {folder}/o", ["one.pcap"]), (f"export --output={folder}/o", ["one.pcap"])):
        shown = zsh.complete("wireguard-reorder " + line, wanted)
        tap.point(all(word in shown for word in wanted), f"zsh: wireguard-reorder {line}", repr(shown))
    zsh.close()


def test_zsh_evil():
    if not shutil.which("zsh"):
        tap.point(True, "zsh # SKIP is not installed")
        return
    zsh = Zsh(evil())
    for line, wanted in (("-n ", r"\$\(\>ran\)"), ("stats ", r"\$\(\>ran\)"), ("show ", "all")):
        shown = zsh.complete("wireguard-reorder " + line, [wanted])
        tap.point(wanted in shown, f"zsh: a name that is a command: {line}", repr(shown))
        tap.point(not ran(), f"zsh: it is not run: {line}")
    zsh.close()


tap.tests([test_bash, test_zsh, test_bash_evil, test_zsh_evil])
shutil.rmtree(work)
sys.exit(tap.done())
