# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# What qemu.sh and uml.sh share: options, the results directory, watching a
# guest, its verdict.

WGR_TREE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export WGR_TREE
# shellcheck source=ci/lib/cache.sh
. "$WGR_TREE/ci/lib/cache.sh"
# shellcheck source=ci/lib/scan.sh
. "$WGR_TREE/ci/lib/scan.sh"

guest_results=''
guest_timeout=600
guest_cpus=2
guest_memory=2048
guest_environment=()
guest_keep=0
guest_scan=1
guest_verbose=0

guest_usage()
{
	# The comment at the top of the program is its manual.
	sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
	exit 2
}

# guest_option ARGUMENTS...: handle one common option.
# Return: the number of arguments it took, in guest_taken; 0: not one of these.
guest_option()
{
	guest_taken=2
	# Some of these are for the programs that read this file.
	# shellcheck disable=SC2034
	case $1 in
	--timeout) guest_timeout=$2 ;;
	--cpus)    guest_cpus=$2 ;;
	--memory)  guest_memory=$2 ;;
	--results) guest_results=$2; guest_keep=1 ;;
	--env)     guest_environment+=("$2") ;;
	--no-scan) guest_scan=0; guest_taken=1 ;;
	--verbose) guest_verbose=1; guest_taken=1 ;;
	*)         guest_taken=0 ;;
	esac
}

# guest_prepare COMMAND [ARGUMENT...]: fill the results directory.
guest_prepare()
{
	local v

	if [[ -z $guest_results ]]; then
		guest_results=$(mktemp -d "${TMPDIR:-/tmp}/wgr-guest.XXXXXX")
	fi
	mkdir -p "$guest_results"
	guest_results=$(cd "$guest_results" && pwd)
	rm -f "$guest_results/status" "$guest_results/begun" "$guest_results/console.log"
	cp "$WGR_TREE/ci/vm/guest.sh" "$guest_results/guest.sh"
	{
		printf 'exec'
		printf ' %q' "$@"
		echo
	} >"$guest_results/command"
	{
		printf 'export %s=%q\n' WGR_TREE "$WGR_TREE" WGR_CACHE "$WGR_CACHE"
		# What tests read goes through to them.
		for v in WGR_KO WGR_PARAMETERS WGR_QUICK WGR_SEED; do
			[[ -z ${!v:-} ]] || printf 'export %s=%q\n' "$v" "${!v}"
		done
		for v in ${guest_environment[@]+"${guest_environment[@]}"}; do
			printf 'export %s=%q\n' "${v%%=*}" "${v#*=}"
		done
	} >"$guest_results/environment"
	: >"$guest_results/console.log"
	: >"$guest_results/output.log"
}

# End the guest and everything it started, by the process group it was given.
guest_kill()
{
	[[ -n ${guest_pid:-} ]] || return 0
	kill -TERM -- "-$guest_pid" 2>/dev/null || return 0
	local i
	for ((i = 0; i < 20; i++)); do
		kill -0 -- "-$guest_pid" 2>/dev/null || return 0
		sleep 0.1
	done
	kill -KILL -- "-$guest_pid" 2>/dev/null || true
}

guest_cleanup()
{
	guest_kill
	[[ $guest_keep == 1 ]] || rm -rf "$guest_results"
}

# guest_run COMMAND...: start the emulator in a process group of its own and
# wait until it ends, panics, or time is up. Sets guest_pid, guest_verdict.
guest_run()
{
	local begin=$SECONDS

	trap guest_cleanup EXIT
	trap 'exit 130' INT TERM HUP
	set -m
	"$@" </dev/null &
	guest_pid=$!
	set +m
	tail -q -f -s 0.2 -c +1 --pid="$guest_pid" "$guest_results/output.log" 2>/dev/null &
	guest_tail=$!
	guest_verdict=''
	while kill -0 "$guest_pid" 2>/dev/null; do
		if ((SECONDS - begin > guest_timeout)); then
			guest_verdict="no end after $guest_timeout s"
			break
		fi
		if grep -qa -e 'Kernel panic' -e 'end Kernel panic' "$guest_results/console.log"; then
			sleep 1
			guest_verdict='the kernel panicked'
			break
		fi
		# Once the status is there the guest has five seconds to go.
		if [[ -s $guest_results/status ]] && find "$guest_results/status" -not -newermt '5 seconds ago' | grep -q .; then
			break
		fi
		sleep 0.2
	done
	guest_kill
	wait "$guest_pid" 2>/dev/null || true
	guest_pid=''
	# It ends by itself once it has seen that the guest is gone.
	wait "$guest_tail" 2>/dev/null || true
}

# guest_run_emulated COMMAND...: guest_run, and once more if the kernel died before
# guest.sh began, when nothing of what is tested was in it. Emulated processors can
# run an instruction that another of them has just replaced: now and then a start
# ends in "Oops: int3" where the kernel switches code of its own.
guest_run_emulated()
{
	guest_run "$@"
	if [[ ! -e $guest_results/begun && $guest_verdict != 'no end'* ]]; then
		echo '# guest: the kernel died before anything ran on it; started once more. The end of its log:'
		guest_log_end
		: >"$guest_results/console.log"
		guest_run "$@"
	fi
}

guest_log_end()
{
	tail -n 25 "$guest_results/console.log" | tr -d '\r' | sed 's/^/# /'
}

# guest_finish: say what happened, exit with the script's status; 124 for a
# guest that did not end, 125 for one that died, 99 for a report in its log.
guest_finish()
{
	local status reports

	if [[ $guest_verbose == 1 ]]; then
		sed 's/^/# console: /' "$guest_results/console.log"
	fi
	if [[ $guest_scan == 1 ]] && ! reports=$(wgr_scan_log "$guest_results/console.log"); then
		echo "# the kernel's log holds a report:"
		echo "$reports"
		status=99
	fi
	# Both are guest.sh's, so one without the other is a fault of this harness.
	if [[ -s $guest_results/status && -e $guest_results/begun ]]; then
		[[ -n ${status:-} ]] || status=$(<"$guest_results/status")
	else
		echo "# guest: ${guest_verdict:-it died before the script ended}; the end of its log:"
		guest_log_end
		status=125
		[[ $guest_verdict != 'no end'* ]] || status=124
	fi
	exit "$status"
}
