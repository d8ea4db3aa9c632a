#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""What "export" writes, the alert rules and the dashboard, as Prometheus' own programs take them.

  metrics_test.py PROGRAM

PROGRAM is the command with made-up answers of the kernel. Prints TAP.
"""

import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from system import PROGRAM, ours, stock, work
from tap import Tap

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLES = HERE.parents[2] / "src" / "dist" / "examples"
TOOLS = pathlib.Path(subprocess.check_output([HERE / "prometheus.sh"], text=True).strip())
RULES = EXAMPLES / "prometheus-rules.yml"
DASHBOARD = json.loads((EXAMPLES / "grafana-dashboard.json").read_text())

tap = Tap()


def promtool(name, *words, given=None):
    result = subprocess.run([TOOLS / "promtool", *words], input=given, capture_output=True, text=True, check=False)
    return tap.point(result.returncode == 0 and not (given and result.stdout + result.stderr), f"promtool: {name}", result.stdout,
                     result.stderr)


def test_metrics():
    promtool("metrics", "check", "metrics", given=ours().run("export", FAKE_PEERS=5, FAKE_IDLE=2).stdout)
    promtool("metrics with the stock module", "check", "metrics", given=stock().run("export").stdout)


def sources():
    """Expressions of the dashboard, with what Grafana would put in the place of its variables."""
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            expr = target["expr"].replace("$__rate_interval", "1m")
            yield panel["title"], re.sub(r'"\$\w+"', '".*"', expr)


def test_rules():
    promtool("alert rules", "check", "rules", str(RULES))
    tests = work / "rules_test.yml"
    tests.write_text((HERE / "rules_test.yml").read_text().replace("RULES", str(RULES)))
    promtool("alert rules do what they say", "test", "rules", str(tests))


def test_dashboard():
    rules = work / "dashboard.yml"
    rules.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": [
        {"record": f"panel:{n}", "expr": expr} for n, (_, expr) in enumerate(sources())]}]}))
    promtool("each expression of the dashboard", "check", "rules", str(rules))


def test_names():
    """Rules and dashboard use metrics and labels that there are."""
    samples = [x for f in text_string_to_metric_families(ours().run("export").stdout) for x in f.samples]
    there = {x.name for x in samples}
    used = set(re.findall(r"wireguard_reorder_\w+", json.dumps(DASHBOARD))) | {
        x for x in re.findall(r"wireguard_reorder_\w+", RULES.read_text()) if not x.endswith("_prom")}
    used.discard("wireguard_reorder")
    tap.same((len(used) > 10, used - there), (True, set()), "rules and dashboard: all metrics are exported")
    labels = {"netns", "instance", "job"} | {k for x in samples for k in x.labels}
    named = set(re.findall(r"[{,](\w+)(?:=~?|!=)", " ".join(expr for _, expr in sources()))) | set(
        re.findall(r"{{ \$labels\.(\w+)", RULES.read_text())) | set(re.findall(r"{{(\w+)}}", json.dumps(DASHBOARD)))
    tap.same(named - labels, set(), "rules and dashboard: all labels are exported")


def test_units():
    """The service and its timer are understood by systemd, and write what the node exporter reads."""
    folder, out = work / "units", work / "unit.prom"
    folder.mkdir()
    for name in ("wireguard-reorder-export.service", "wireguard-reorder-export.timer"):
        text = (EXAMPLES / name).read_text().replace("/usr/sbin/wireguard-reorder", str(PROGRAM)).replace("Documentation=man:wireguard-reorder(8)\n", "")
        (folder / name).write_text(re.sub("FILE=.*", f"FILE={out}", text))
    if shutil.which("systemd-analyze"):
        result = subprocess.run(["systemd-analyze", "verify", *folder.iterdir()], capture_output=True, text=True, check=False)
        tap.same((result.returncode, result.stderr), (0, ""), "units: systemd understands them")
    words = re.search(r"^ExecStart=(.*)$", (folder / "wireguard-reorder-export.service").read_text(), re.M)[1].replace("${FILE}", str(out)).split()
    result = ours().run(*words[1:], program=words[0])
    tap.point(result.returncode == 0 and "wireguard_reorder_module_info" in out.read_text(), "units: what the service calls", result.stderr)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def collected(folder):
    """What the node exporter makes of the files of a folder."""
    port = free_port()
    server = subprocess.Popen([TOOLS / "prometheus-node-exporter", "--collector.disable-defaults", "--collector.textfile",
                               f"--collector.textfile.directory={folder}", f"--web.listen-address=127.0.0.1:{port}"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
                    return answer.read().decode()
            except OSError:
                time.sleep(0.1)
        return ""
    finally:
        server.terminate()
        server.wait()


def test_node_exporter():
    """The files of several calls beside each other, with names that are no UTF-8: no series is lost."""
    folder = work / "textfile"
    folder.mkdir()
    s = ours()
    for n in ("", "1", "2"):
        words = ["ip", "netns", "exec", f"wgr{n}"] if n else []
        env = {**{k.encode(): v.encode() for k, v in s.env({"FAKE_PEERS": 3}).items()}, b"FAKE_IFS": b"wg0 w\xff\xfe"}
        subprocess.run(["unshare", "--net", "--mount", "sh", "-c", "mount -t tmpfs none /run && ip netns add wgr1 && "
                        "ip netns add wgr2 && exec \"$@\"", "sh", PROGRAM, *(["-n", f"wgr{n}"] if words else []), "export",
                        "--output", folder / f"part{n}.prom"], env=env, check=True)
    written = [line.split("#")[0] for path in folder.iterdir() for line in path.read_text().splitlines() if line[0] != "#"]
    text = collected(folder)
    got = [line for line in text.splitlines() if line.startswith("wireguard_reorder_")]
    tap.same(re.findall(r"^node_textfile_scrape_error (\d)", text, re.M), ["0"], "node_exporter: no error")
    tap.same((len(written) > 500, len(got)), (True, len(written)), "node_exporter: all series of three files")
    tap.point(sum(r'interface="w\\xff\\xfe"' in line for line in got) > 100, "node_exporter: a name that is no UTF-8")


tap.tests([test_metrics, test_rules, test_dashboard, test_names, test_units, test_node_exporter])
shutil.rmtree(work)
sys.exit(tap.done())
