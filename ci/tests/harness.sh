#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The tests' own tools: what must make a run fail does, and nothing else. TAP.
#
#   ci/tests/harness.sh            log scanning, cache, runner, guests' start
#   ci/tests/harness.sh FLAVOUR    guests too, on that user-mode kernel
set -euo pipefail

tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
failed=0

check()
{
	local what=$1 rc=0
	shift

	number=$((number + 1))
	"$@" >"$work/said" 2>&1 || rc=$?
	if [[ $rc == 0 ]]; then
		echo "ok $number - $what"
	else
		sed 's/^/# /' "$work/said"
		echo "not ok $number - $what"
		failed=1
	fi
}

# status WANTED COMMAND...
status()
{
	local wanted=$1 rc=0
	shift

	"$@" || rc=$?
	[[ $rc == "$wanted" ]] || {
		echo "status $rc, wanted $wanted"
		return 1
	}
}

# shellcheck source=ci/lib/scan.sh
. "$tree/ci/lib/scan.sh"

reported()
{
	printf '[    0.1] wgr-guest: start\n%s\n[    2.0] done\n' "$1" >"$work/log"
	! wgr_scan_log "$work/log"
}

clean()
{
	printf '%s\n' "$1" >"$work/log"
	wgr_scan_log "$work/log"
}

scanning()
{
	local line

	while read -r line; do
		check "a report: ${line:0:50}" reported "$line"
	done <<-'EOF'
		[    1.0] BUG: KASAN: slab-use-after-free in f+0x1/0x2 [wireguard]
		[    1.0] WARNING: CPU: 0 PID: 1 at net/core/dev.c:1 f+0x1/0x2
		[    1.0] WARNING: possible circular locking dependency detected
		[    1.0] WARNING: suspicious RCU usage
		[    1.0] BUG: sleeping function called from invalid context at f.c:1
		[    1.0] BUG: unable to handle page fault for address: 00
		[    1.0] UBSAN: shift-out-of-bounds in f.c:1:2
		[    1.0] ODEBUG: free active (active state 0) object: 0 object type: timer_list
		[    1.0] INFO: task kworker/0:1 blocked for more than 120 seconds.
		[    1.0] rcu: INFO: rcu_sched self-detected stall on CPU
		[    1.0] refcount_t: underflow; use-after-free.
		[    1.0] unreferenced object 0xffff (size 64):
		[    1.0] unregister_netdevice: waiting for wg0 to become free. Usage count = 1
		[    1.0] list_del corruption. prev->next should be 0, but was 1
		[    1.0] Kernel panic - not syncing: Oops
		[    1.0] BUG wg_peer (Tainted: G): Objects remaining on __kmem_cache_shutdown()
	EOF
	check 'no report: ordinary lines' clean '[    1.0] wireguard: wg0: Peer 1 created
[    1.0] kasan: KernelAddressSanitizer initialized
[    1.0] wireguard: loading out-of-tree module taints kernel.'
	check 'no report: what comes after the end' clean '[    1.0] wgr-guest: end of test
[    1.0] BUG: sleeping function called from invalid context'
}

cache_build()
{
	echo "built" >>"$work/builds"
	echo data >"$1/file"
	echo other >"$1/big"
	[[ $2 == good ]] || return 1
	echo file >"$1/.precious"
}

cache_in()
(
	# Each function's subshell sets its own.
	# shellcheck disable=SC2030
	export WGR_CACHE=$work/cache
	# shellcheck source=ci/lib/cache.sh
	. "$tree/ci/lib/cache.sh"
	"$@"
)

builds()
{
	[[ $(wc -l <"$work/builds") == "$1" ]] || {
		echo "built $(wc -l <"$work/builds") times, wanted $1"
		return 1
	}
}

entry_is_whole()
{
	local dir

	dir=$(cache_in wgr_cache_get thing key cache_build good)
	[[ $(<"$dir/file") == data && $(<"$dir/big") == other ]]
	builds "$1"
}

cache_again()     { entry_is_whole 1 && entry_is_whole 1; }
cache_truncated() { : >"$(echo "$work"/cache/thing-*/big)"; entry_is_whole 2; }
cache_altered()   { echo dat0 >"$(echo "$work"/cache/thing-*/file)"; entry_is_whole 3; }
cache_missing()   { rm "$work"/cache/thing-*/big; entry_is_whole 4; }
cache_half()      { rm "$work"/cache/thing-*/.digest; entry_is_whole 5; }

cache_failing()
{
	status 1 cache_in wgr_cache_get broken key cache_build bad
	[[ -z $(find "$work/cache" -name '*broken*' -type d) ]]
}

cache_build_part()
{
	local all=(of them)

	cache_wanted "$@" "${all[@]}"
	false
	echo "the rest" >"$1/file"
}

# Functions and variables of the caller, also local ones and those of several words.
cache_wanted()
{
	[[ $# == 4 && "${*:2}" == "a b of them" && ${few[1]} == "c d" && $lines == $'e\nf' ]] &&
		echo "came here" >>"$work/builds"
}

# What ignores failures for itself must not do so for the builder.
cache_failing_part()
{
	local few=(x 'c d') lines=$'e\nf'

	: >"$work/builds"
	if cache_in wgr_cache_get part key cache_build_part 'a b'; then
		echo "it went on after a command had failed"
		return 1
	fi
	[[ -z $(find "$work/cache" -name '*part*' -type d) ]] && builds 1
}

cache_two()
{
	: >"$work/builds"
	cache_in wgr_cache_get both key cache_build good &
	cache_in wgr_cache_get both key cache_build good
	wait $!
	builds 1
}

caching()
{
	check 'cache: an entry is built once' cache_again
	check 'cache: a truncated file' cache_truncated
	check 'cache: an altered file' cache_altered
	check 'cache: a missing file' cache_missing
	check 'cache: no list of files' cache_half
	check 'cache: a builder that fails leaves nothing' cache_failing
	check 'cache: a builder that fails half way, asked for its status' cache_failing_part
	check 'cache: two at once, one builds' cache_two
}

# runner SCRIPT [SECONDS]: it becomes a run of that as its only stage.
runner()
{
	local dir=$work/runner

	# That stage is in no selection that this run may be of.
	unset WGR_QUICK
	rm -rf "$dir"
	mkdir -p "$dir/ci/tests/stages" "$dir/ci/lib"
	cp "$tree/ci/tests/run.sh" "$dir/ci/tests/"
	cp "$tree/ci/lib/cache.sh" "$dir/ci/lib/"
	printf '#!/bin/bash\n%s\n' "$1" >"$dir/ci/tests/stages/10-it.sh"
	chmod +x "$dir/ci/tests/stages/10-it.sh"
	WGR_CACHE=$work/cache WGR_STAGE_TIMEOUT=${2:-60} exec "$dir/ci/tests/run.sh" >"$work/out"
}

# stage_says WANTED-STATUS WANTED-LAST-LINE SCRIPT: the runner on one stage.
stage_says()
{
	local rc=0 last

	(runner "$3" 3) || rc=$?
	last=$(tail -n 1 "$work/out")
	[[ $rc == "$1" && $last == "$2" ]] || {
		echo "status $rc, '$last'; wanted $1, '$2'"
		return 1
	}
}

# A run that is stopped takes its stages along, and what they have started.
stopped()
{
	local pid child try

	(runner "sleep 100 & echo \$! >$work/child.new; mv $work/child.new $work/child; wait") &
	pid=$!
	for ((try = 0; try < 300; try++)); do
		[[ ! -s $work/child ]] || break
		sleep 0.1
	done
	child=$(<"$work/child")
	kill "$pid"
	status 130 wait "$pid"
	# Dead is dead, whether or not somebody has asked for its status.
	[[ $(ps -o stat= -p "$child") == @(|Z*) ]]
}

running()
{
	check 'runner: all well' stage_says 0 '2 passed, 0 failed' 'echo 1..3; echo ok 1 - a; echo ok 2; echo "ok 3 # SKIP no"'
	check 'runner: a failure' stage_says 1 '1 passed, 1 failed' 'echo 1..2; echo ok 1; echo not ok 2; exit 1'
	check 'runner: a failure but status 0' stage_says 1 '1 passed, 1 failed' 'echo 1..2; echo ok 1; echo not ok 2'
	check 'runner: a status only' stage_says 1 '1 passed, 1 failed' 'echo 1..1; echo ok 1; exit 3'
	check 'runner: fewer results than planned' stage_says 1 '1 passed, 1 failed' 'echo 1..2; echo ok 1'
	check 'runner: no results' stage_says 1 '0 passed, 1 failed' ':'
	check 'runner: stopped half way' stopped
	check 'runner: no end' stage_says 1 '1 passed, 1 failed' 'echo 1..1; echo ok 1; sleep 60'
}

# apart WANTED-STATUS WANTED-OUTPUT COMMAND...: side by side.
apart()
{
	local rc=0 said

	said=$("$tree/ci/lib/beside.py" 2 "${@:3}" 2>"$work/complaint" | grep -v '^#'; exit "${PIPESTATUS[0]}") || rc=$?
	[[ $rc == "$1" && $said == "$2" ]] || {
		echo "status $rc, '$said'; wanted $1, '$2'"
		return 1
	}
}

# Each waits for what the other one does.
at_once()
{
	local there="until [ -e $work/TURN ]; do sleep 0.05; done"

	timeout 20 "$tree/ci/lib/beside.py" 2 "touch $work/one; ${there/TURN/two}" "touch $work/two; ${there/TURN/one}"
}

beside()
{
	check 'beside: what they say stays in order' apart 0 $'a\nb\nc' 'sleep 0.5; echo a' 'echo b; sleep 0.2; echo c'
	check 'beside: one that fails fails it' apart 1 $'a\nb' 'echo a; exit 3' 'echo b'
	check 'beside: and is named' grep -x 'failed: echo a; exit 3 (status 3)' "$work/complaint"
	check 'beside: one that is killed fails it' apart 1 b 'kill -9 $$' 'echo b'
	check 'beside: nothing to run' apart 1 ''
	check 'beside: at the same time' at_once
}

# Whether all faults can be put in; most of them are tried seldom.
faults()
{
	local f

	for f in run protocol sim module; do
		check "mutation: faults of $f.py" "$tree/ci/tests/mutation/$f.py" --texts
	done
}

# built_up STATUS FILE LINE: a tree with nothing wrong but this line in this file.
built_up()
{
	rm -rf "$work/src"
	mkdir -p "$work/src/protocol/more" "$work/src/reorder"
	touch "$work/src/device.h" "$work/src/protocol/port.h" "$work/src/protocol/a.c" "$work/src/reorder/b.c"
	printf '%s\n' "$3" >>"$work/src/$2"
	status "$1" "$tree/ci/lib/layers.py" "$work/src"
}

layers()
{
	check 'layers: nothing wrong' built_up 0 protocol/a.c '#include "port.h"'
	check 'layers: what is outside is not included' built_up 1 protocol/a.c '#include "../device.h"'
	check 'layers: nor what is the kernel'"'"'s' built_up 1 reorder/b.c '#include <linux/list.h>'
	check 'layers: but by the port' built_up 0 protocol/port.h '#include <linux/list.h>'
	check 'layers: nor named without a header' built_up 1 protocol/a.c 'extern int wgr_peer_find(void);'
	check 'layers: nor hidden in a folder' built_up 1 protocol/more/c.c 'int c;'
	check 'layers: no files' status 1 "$tree/ci/lib/layers.py" "$work/nothing"
}

guest()
{
	status "$1" "$tree/ci/vm/uml.sh" "$flavour" --timeout "${3:-60}" -- bash -c "$2"
}

says()
{
	[[ $("$tree/ci/vm/uml.sh" "$flavour" -- bash -c 'echo one; echo two >&2; uname -m') == $'one\ntwo\nx86_64' ]]
}

read_only()
{
	guest 0 "echo x >$work/file && echo y >$work/new"
	[[ ! -e $work/file && ! -e $work/new ]]
}

keeps_results()
{
	"$tree/ci/vm/uml.sh" "$flavour" --results "$work/kept" --env 'WORD=two words' \
		-- bash -c "echo \"\$WORD\" >\$WGR_RESULTS/word"
	[[ $(<"$work/kept/word") == 'two words' && -s $work/kept/console.log ]]
}

# What the flavour is there for is on.
checks_on()
{
	case $flavour in
	debug) guest 0 "dmesg | grep 'KernelAddressSanitizer initialized' && dmesg | grep 'Lock dependency validator'" ;;
	esac
}

guests()
{
	check "guest ($flavour): its output" says
	check "guest ($flavour): status 0" guest 0 true
	check "guest ($flavour): status 7" guest 7 'exit 7'
	check "guest ($flavour): a report fails the run" guest 99 'echo "BUG: made up" >/dev/kmsg'
	check "guest ($flavour): it dies" guest 125 'busybox poweroff -f'
	check "guest ($flavour): no end" guest 124 'sleep 100' 8
	check "guest ($flavour): the host's files stay" read_only
	check "guest ($flavour): results and environment" keeps_results
	check "guest ($flavour): its checks are on" checks_on
}

# What a run of the netlink tests would begin with.
seed_of()
{
	(cd "$tree/ci/tests/tunnel" && python3 -B -c '
import netlink_test
print(netlink_test.options_of("").parse_args([]).seed)')
}

# Another seed each time, unless one is given.
seeds_are_drawn()
{
	local first

	first=$(unset WGR_SEED && seed_of)
	[[ $first != "$(unset WGR_SEED && seed_of)" ]] || { echo "twice $first"; return 1; }
	[[ $(WGR_SEED=7 seed_of) == 7 ]]
}

# What the test peer makes first: a key, and an initiation but for its time.
peer_of()
{
	python3 -B - "$tree/ci/tests/peer" "$1" <<-'END'
		import sys
		sys.path.insert(0, sys.argv[1])
		import wgpeer
		wgpeer.begin(int(sys.argv[2]))
		peer = wgpeer.Peer(wgpeer.Key().public, ("127.0.0.1", 9))
		print(peer.key.public.hex(), peer.make_initiation(bytes(12)).message.hex())
	END
}

peers_repeat()
{
	local first

	first=$(peer_of 7)
	[[ -n $first && $first == "$(peer_of 7)" ]] || { echo "another peer with the same seed"; return 1; }
	[[ $first != "$(peer_of 8)" ]] || { echo "the same peer with another seed"; return 1; }
}

# Without a seed it makes nothing.
peers_want_seeds()
{
	status 1 env -C "$tree/ci/tests/peer" python3 -B -c 'import wgpeer; wgpeer.Key()' 2>"$work/why"
	grep -q 'begin(seed) comes first' "$work/why"
}

# draws FOLDER: who draws at random there.
draws()
{
	local by='\brandom\.(Random|random|choices?|rand(range|int|bytes)|getrandbits|sample|uniform|gauss|shuffle)\('

	by+='|\bs?rand(om)?\(\)|\brandom_(state|below)\b|\bS?RANDOM\b'
	grep -rlE --include='*.c' --include='*.py' --include='*.sh' --exclude=harness.sh "$by" "$1" || true
}

# draws_anew FOLDER: the lines there that draw what no seed leads to; a seed itself is drawn so. `wg genkey` may:
# it takes none, and a key of its is as good as another.
draws_anew()
{
	local by='\bos\.urandom\b|\bsecrets\.[a-z]|\buuid\.uuid|\buuidgen\b|\bSystemRandom\b|\bget(random|entropy)\('

	by+='|/dev/u?random\b|PrivateKey\.generate\(|\bSRANDOM\b|\bshuf\b|\bopenssl rand\b'
	grep -rnE --include='*.c' --include='*.py' --include='*.sh' --exclude=harness.sh "$by" "$1" |
		grep -viE '^[^:]*:[0-9]*:.*seed' || true
}

# Who draws at random says what from, and takes it.
seeds_are_told()
{
	local f bad=0

	while read -r f; do
		grep -q -i 'seed' "$f" || { echo "$f draws at random and has no seed"; bad=1; }
	done < <(draws "$tree/ci")
	while read -r f; do
		echo "no seed leads to this: $f"
		bad=1
	done < <(draws_anew "$tree/ci")
	[[ $bad == 0 ]]
}

# Each of these lines is found, or none.
draws_are_seen()
{
	local line

	rm -rf "$work/drawn"
	mkdir "$work/drawn"
	while read -r line; do
		echo "$line" >"$work/drawn/test.py"
		[[ -n $("$1" "$work/drawn") ]] || { echo "not seen: $line"; return 1; }
	done
}

seeds()
{
	check "netlink tests draw a seed, and take one" seeds_are_drawn
	check "the test peer is the same with the same seed" peers_repeat
	check "the test peer wants a seed" peers_want_seeds
	check "every random test has a seed" seeds_are_told
	check "who draws at random is seen" draws_are_seen draws <<-'EOF'
		chance = random.Random(7)
		n = random.randint(1, 2)
		length=$((RANDOM % 7))
	EOF
	check "what no seed leads to is seen" draws_are_seen draws_anew <<-'EOF'
		nonce = os.urandom(24)
		key = secrets.token_bytes(32)
		name = uuid.uuid4()
		chance = random.SystemRandom()
		head -c 1M /dev/urandom >file
		pair = X25519PrivateKey.generate()
		getrandom(bytes, sizeof(bytes), 0);
		port=$(shuf -i 1-9 -n 1)
	EOF
	check "a seed may be drawn" status 1 draws_are_seen draws_anew <<<'SEED = os.urandom(4)'
}

# starts WANTED COMMANDS: an emulator that runs these in the results directory, with
# the number of the start as $1, is started so often.
starts()
(
	export TMPDIR=$work
	# shellcheck source=ci/lib/guest.sh
	. "$tree/ci/lib/guest.sh"
	guest_prepare true
	rm -f "$work/starts"
	# shellcheck disable=SC2016
	guest_run_emulated bash -c 'cd "$1" && echo >>"$2" && set -- $(wc -l <"$2") && eval "$0"' \
		"$2" "$guest_results" "$work/starts"
	[[ $(wc -l <"$work/starts") == "$1" ]]
)

starting()
{
	# The emulator has the number of its start, not this.
	# shellcheck disable=SC2016
	local late='[[ $1 == 2 ]] && touch begun && echo 0 >status || echo "Kernel panic" >console.log'

	check 'guest: one that begins is started once' starts 1 'touch begun; echo 0 >status'
	check 'guest: one that dies later is not started again' starts 1 'touch begun; echo "Kernel panic" >console.log'
	check 'guest: one that dies before it begins is' starts 2 "$late"
	check 'guest: but no third time' starts 2 'echo "Kernel panic" >console.log'
}

flavour=${1:-}
scanning
caching
running
beside
starting
seeds
faults
layers
[[ -z $flavour ]] || guests
echo "1..$number"
exit "$failed"
