#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The life of the packages on every kind of system, with the real apt, dpkg, dnf,
# rpm, DKMS and kernels: what is installed, upgraded, removed and interrupted,
# and what becomes of the kernels' own modules meanwhile.
#
#   ci/tests/package/matrix.sh [SYSTEM [STEP]]        (default: all; "all" is a system too)
#
# "install" and "new-kernel" build the module itself; the other steps, of which
# DKMS and the package manager do the same, a stand-in that takes seconds.
#
# "full-install", "full-upgrade" and "full-remove" do that on a disk with hardly any
# room, with more, and so on up to enough. The sizes are drawn: $WGR_SEED is what to
# draw by, $WGR_SIZES how many (5).
#
# Prints TAP, a table and "N passed, N failed". $WGR_STAGE_RESULTS (or a folder
# in the cache) keeps matrix.tsv (system, step, result, seconds; a later run of a
# cell replaces it) and for each cell SYSTEM-STEP.log: what was run, what it
# said, and after it the status, all wireguard.ko* with checksums, and the one
# that is named for each kernel.
set -euo pipefail
# shellcheck source=ci/tests/package/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# Its functions are for this one, and the other way round.
# shellcheck source=ci/tests/package/systems.sh
. "$top/ci/tests/package/systems.sh"

steps=(install no-headers new-kernel new-kernel-fails kernel-again kernel-removed upgrade downgrade reinstall
	killed-building killed-installing killed-upgrading killed-removing one-fails remove purge
	dkms-upgraded none gz xz zst full-install full-upgrade full-remove)
old=1.1.0
next=$ours.1
steps_now=("${steps[@]}")
declare -A stock=()
sys='' status=0 system='' skipped=0
results=${WGR_STAGE_RESULTS:-$WGR_CACHE/results-$(printf '%s' "$top" | wgr_hash)/matrix}

# fail WHY, skip WHY: end the step.
fail()
{
	echo "$*" >"$work/why"
	exit 1
}

skip()
{
	echo "$*" >"$work/why"
	exit 77
}

log()
{
	printf '%s\n' "$@" >>"$work/log"
}

# What there is after something was done.
look()
{
	local k

	log "-- status $1"
	(cd "$sys" && find lib/modules/ var/lib/dkms var/lib/wireguard-reorder -name 'wireguard.ko*' \
		-exec sha256sum {} + 2>/dev/null | sort -k 2) >>"$work/log" || :
	for k in $(kernels); do
		log "-- $k: $(named "$k" 2>&1 || :)"
	done
}

# run COMMAND...: one of the system's or of systems.sh; sets $status.
run()
{
	status=0
	log "" "== $*"
	"$@" >"$work/said" 2>&1 </dev/null || status=$?
	sed 's/^/   /' "$work/said" >>"$work/log"
	look "$status"
}

must()
{
	run "$@"
	[[ $status == 0 ]] || fail "$*: status $status"
}

# heard WORDS: in what the last one said.
heard()
{
	grep -q -F -- "$1" "$work/said" || fail "it did not say: $1"
}

kernels()
{
	local d

	for d in "$sys"/lib/modules/*; do
		[[ ! -d $d/kernel ]] || echo "${d##*/}"
	done
}

sum_of()
{
	sha256sum "$sys$1" 2>/dev/null | cut -d ' ' -f 1
}

# keep_stock KVER: remember it as it is before ours comes.
keep_stock()
{
	stock[$1]=$(sum_of "$(stock_file "$1")")
	[[ -n ${stock[$1]} ]] || fail "kernel $1 has no wireguard of its own"
}

# ours_on VERSION KVER...: it is named, and the kernel's own one is in its place,
# or DKMS keeps it, and in any case there is our copy.
ours_on()
{
	local version=$1 k file sums
	shift

	for k in "$@"; do
		file=$(named "$k" || :)
		[[ $file == "/lib/modules/$k/$added/wireguard.ko"* ]] || fail "kernel $k: named is ${file:-nothing}"
		[[ $(field version "$file") == "$version" ]] || fail "kernel $k: $file has another version"
		[[ $(cat "$sys/var/lib/wireguard-reorder/stock/$k/sha256") == "${stock[$k]}" ]] ||
			fail "kernel $k: no copy of its own module"
		# Each version of DKMS has another idea of where it is to be meanwhile.
		sums=$(find "$sys/lib/modules/$k/kernel" "$sys/var/lib/dkms/wireguard-reorder/original_module" -type f \
			-name 'wireguard.ko*' -exec sha256sum {} + 2>/dev/null) || :
		[[ $sums == *"${stock[$k]}"* ]] || fail "kernel $k: its own module is gone"
	done
}

stock_on()
{
	local k file

	for k in "$@"; do
		file=$(named "$k" || :)
		[[ $file == "$(stock_file "$k")" ]] || fail "kernel $k: named is ${file:-nothing}, not its own"
		[[ $(sum_of "$file") == "${stock[$k]}" ]] || fail "kernel $k: its own module is not what it was"
	done
}

stock_on_all()
{
	local k

	for k in $(kernels); do
		stock_on "$k"
	done
}

healthy()
{
	must pm_healthy
}

# What layers of a system are made on.
parent()
{
	case $1 in
	two|bare|ours|real) echo one ;;
	ours-two) echo two ;;
	esac
}

# layer NAME: print the folder of what it has above its parent, from the cache.
#
# one, two: that many kernels; bare: one without headers; ours, ours-two: the
# stand-in is installed on those; real: the module on one.
layer()
{
	local key

	key="$base $k1 $k2 $(declare -f system_begin pose kernel_install kernel_rpms kernel_scripts headers_remove make_layer in_root)"
	case $1 in
	ours*) key+=$(variant "$kind" "$ours" standin) ;;
	real)  key+=$(variant "$kind" "$ours" whole) ;;
	esac
	wgr_cache_get "package-layer-$system-$1" "$key" make_layer "$1"
}

# lower NAME: print what to mount for a system with that layer.
lower()
{
	local name=$1 folders=''

	while [[ -n $name ]]; do
		folders+=$(layer "$name")/upper:
		name=$(parent "$name")
	done
	echo "$folders$base"
}

# Builder for the cache: DIR NAME. Beside the layer, what its kernels' own modules
# are before ours comes.
make_layer()
{
	local dir=$1 name=$2 k below
	local sys=$dir/root

	below=$(parent "$name")
	# Its variables may be gone when it runs.
	# shellcheck disable=SC2064
	trap "unmount_below '$dir'" EXIT
	mount_root "$dir" "$(lower "$below")"
	case $name in
	one)      must system_begin ;;
	two)      must kernel_install second ;;
	bare)     must headers_remove first ;;
	ours|ours-two) must pm_install standin ;;
	real)     must pm_install real ;;
	esac
	case $name in
	one|two|bare)
		for k in $(kernels); do
			keep_stock "$k"
			echo "$k ${stock[$k]}"
		done >"$dir/stock" ;;
	*)
		cp "$(layer "$below")/stock" "$dir/stock" ;;
	esac
	unmount_below "$dir"
	rm -rf "$dir"/{work,root}
}

# enter LAYER [limited]: a fresh system with that; on a file system of its own, which
# room() limits.
enter()
{
	local folders

	leave
	folders=$(lower "$1")
	if [[ ${2:-} == limited ]]; then
		mkdir "$work/here"
		mount -t tmpfs -o mode=755 tmpfs "$work/here"
	fi
	mount_root "$work/here" "$folders"
	sys=$work/here/root
	stock_as_in "$1"
}

# stock_as_in LAYER: what the kernels' own modules were before ours came there.
stock_as_in()
{
	local k sum

	while read -r k sum; do
		stock[$k]=$sum
	done <"$(layer "$1")/stock"
}

leave()
{
	unmount_below "$work"
	rm -rf "$work/here"
}

# expected LAYER [COMMAND...]: print the state of a system that never had ours,
# after the same was done to it.
expected()
{
	local sys=$work/other/root key folders
	key=$states/$(printf '%s' "$*" | wgr_hash)

	if [[ ! -e $key ]]; then
		folders=$(lower "$1")
		mount_root "$work/other" "$folders"
		[[ $# == 1 ]] || "${@:2}" >/dev/null 2>&1
		settle
		state >"$key"
		unmount_below "$work/other"
		rm -rf "$work/other"
	fi
	cat "$key"
}

# Lists of dependencies as depmod makes them now.
settle()
{
	local k

	for k in $(kernels); do
		in_root depmod "$k"
	done
}

# gone_like LAYER [COMMAND...]: ours goes for good, and leaves what expected()
# says, bit for bit.
gone_like()
{
	must pm_remove
	stock_on_all
	must pm_purge
	stock_on_all
	same_as "$@"
}

same_as()
{
	expected "$@" >"$work/expected"
	settle
	state >"$work/state"
	diff "$work/expected" "$work/state" >"$work/difference" || {
		sed 's/^/   /' "$work/difference" >>"$work/log"
		fail "$(grep -c '^[<>]' "$work/difference") files differ from the start, the first: $(sed -n '/^[<>]/{p;q}' "$work/difference")"
	}
}

step_install()
{
	enter real
	ours_on "$ours" "$k1"
	in_root modprobe -S "$k1" -D rtnl-link-wireguard | grep -q "/$added/wireguard.ko" || fail "its alias leads elsewhere"
	healthy
	gone_like one
}

step_no-headers()
{
	enter bare
	must pm_install standin
	heard "kernel $k1: its headers are not installed"
	stock_on "$k1"
	healthy
	must headers_install first
	ours_on "$ours" "$k1"
	gone_like bare headers_install first
}

step_new-kernel()
{
	enter real
	run kernel_install second
	[[ $status == 0 ]] || { healthy; fail "the kernel's package could not be installed, or not built for"; }
	# DKMS may have moved it away.
	stock_as_in two
	ours_on "$ours" "$k1" "$k2"
	healthy
	gone_like two
}

# One that the module cannot be built for, and then can.
step_new-kernel-fails()
{
	enter ours
	mkdir "$sys/run/standin"
	touch "$sys/run/standin/fail-$k2"
	must kernel_install second
	heard "kernel $k2: the module could NOT be built"
	heard "/var/lib/wireguard-reorder/failed/$k2 says why"
	healthy
	keep_stock "$k2"
	stock_on "$k2"
	ours_on "$ours" "$k1"
	[[ ! -e $sys/run/wireguard-reorder ]] || fail "DKMS is still told to leave it alone"
	must kernel_again second
	healthy
	stock_on "$k2"
	rm -r "$sys/run/standin"
	must kernel_again second
	ours_on "$ours" "$k1" "$k2"
	gone_like two kernel_again second
}

# The same again, then one with another module under the same name.
step_kernel-again()
{
	enter ours-two
	must kernel_again second
	ours_on "$ours" "$k1" "$k2"
	must kernel_changed second
	stock[$k2]=$(<"$work/changed-sum")
	ours_on "$ours" "$k1" "$k2"
	healthy
	gone_like two kernel_changed second
}

step_kernel-removed()
{
	enter ours-two
	must kernel_remove second
	ours_on "$ours" "$k1"
	[[ ! -e $sys/var/lib/wireguard-reorder/stock/$k2 ]] || fail "the copy of the module of $k2 is still there"
	[[ -z $(find "$sys/lib/modules/$k2" -name 'wireguard.ko*' 2>/dev/null) ]] || fail "a module of $k2 is left"
	healthy
	gone_like two kernel_remove second
}

step_upgrade()
{
	enter two
	must pm_install old
	ours_on "$old" "$k1" "$k2"
	must pm_install standin
	ours_on "$ours" "$k1" "$k2"
	[[ ! -e $sys/usr/src/wireguard-reorder-$old && ! -e $sys/var/lib/dkms/wireguard-reorder/$old ]] ||
		fail "the older version is still there"
	healthy
	gone_like two
}

step_downgrade()
{
	enter one
	must pm_install next
	ours_on "$next" "$k1"
	must pm_downgrade standin
	ours_on "$ours" "$k1"
	healthy
	gone_like one
}

step_reinstall()
{
	enter ours-two
	must pm_reinstall standin
	ours_on "$ours" "$k1" "$k2"
	healthy
	gone_like two
}

# killed_when CONDITION COMMAND...: it and all that it has started.
killed_when()
{
	local condition=$1 pid i
	shift

	log "" "== $* (killed when $condition)"
	"$@" >"$work/said" 2>&1 </dev/null &
	pid=$!
	for ((i = 0; i < 60000; i++)); do
		! eval "$condition" || break
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.01
	done
	# Its first child is the one that the namespace of processes ends with.
	pkill -KILL -P "$pid" || :
	wait "$pid" 2>/dev/null || :
	# dnf waits for the process that it names, which was number 1 of its namespace: on
	# a system that was started again it would be nobody.
	rm -f "$sys"/var/lib/dnf/*_lock.pid
	sed 's/^/   /' "$work/said" >>"$work/log"
	look killed
	eval "$condition" || fail "it never came to where it was to be killed"
}

builds()
{
	grep -q -s . "$sys/var/lib/dkms/wireguard-reorder/$ours/build/make.log"
}

in_place()
{
	compgen -G "$sys/lib/modules/$k1/$added/wireguard.ko*" >/dev/null
}

step_killed-building()
{
	enter one
	mkdir "$sys/run/standin"
	touch "$sys/run/standin/slow"
	killed_when builds alone pm_install standin
	rm -r "$sys/run/standin"
	stock_on "$k1"
	must pm_repair standin
	ours_on "$ours" "$k1"
	healthy
	gone_like one
}

step_killed-installing()
{
	enter one
	killed_when in_place alone pm_install standin
	must pm_repair standin
	ours_on "$ours" "$k1"
	healthy
	gone_like one
}

step_killed-upgrading()
{
	enter one
	must pm_install old
	mkdir "$sys/run/standin"
	touch "$sys/run/standin/slow"
	killed_when builds alone pm_install standin
	rm -r "$sys/run/standin"
	must pm_repair standin
	ours_on "$ours" "$k1"
	healthy
	gone_like one
}

step_killed-removing()
{
	enter ours
	killed_when '! in_place' alone pm_remove
	must pm_repair_removal
	stock_on "$k1"
	healthy
	must pm_purge
	same_as one
}

step_one-fails()
{
	enter two
	mkdir "$sys/run/standin"
	touch "$sys/run/standin/fail-$k2"
	must pm_install standin
	heard "kernel $k1: ours will be loaded"
	heard "kernel $k2: the module could NOT be built"
	ours_on "$ours" "$k1"
	stock_on "$k2"
	healthy
	rm -r "$sys/run/standin"
	# As it says itself.
	must in_root dkms install -m wireguard-reorder -v "$ours" -k "$k2"
	ours_on "$ours" "$k1" "$k2"
	gone_like two
}

step_remove()
{
	enter ours-two
	must pm_remove
	stock_on "$k1" "$k2"
	healthy
	must pm_install standin
	ours_on "$ours" "$k1" "$k2"
	gone_like two
}

step_purge()
{
	enter ours-two
	must pm_purge
	stock_on "$k1" "$k2"
	healthy
	same_as two
}

step_dkms-upgraded()
{
	enter one
	must dkms_from
	must pm_install standin
	ours_on "$ours" "$k1"
	must dkms_to
	ours_on "$ours" "$k1"
	gone_like one dkms_both
}

dkms_from()
{
	local package compiler

	[[ -d $arrivals/dkms-older ]] || return 0
	# apt does nothing where a dependency is missing. Headers may bring a compiler
	# that is for them alone.
	# shellcheck disable=SC2016
	compiler=$(in_root dpkg-query -W -f '${Package}\n' 'gcc-*-for-host' 2>/dev/null | sed 's/^gcc-//; s/-for-host$//')
	for package in lsb-release ${compiler:+binutils "cpp-$compiler" "gcc-$compiler"}; do
		put_package "$package" || return
	done
	dkms_put older
}

dkms_to()
{
	dkms_put newer
}

dkms_both()
{
	dkms_from && dkms_to
}

# Builder for the cache: DIR SUITE PACKAGE
make_debs()
{
	wgr_deb_fetch "$2" "$1" "$3"
}

# put_package PACKAGE: one of Debian's, for what is done next.
put_package()
{
	local version debs

	version=$(wgr_deb_version "$suite" "$1")
	debs=$(wgr_cache_get "package-$1-$suite" "$version" make_debs "$suite" "$1")
	cp "$debs/$1"_*.deb "$sys/packages"
	in_root sh -c "dpkg -i /packages/$1_*.deb"
}

# Modules in that form, and no others than the few that are needed.
convert()
{
	local dir=$sys/lib/modules/$k1/kernel

	# DKMS leaves ours as it is where nothing compresses it, and systems that have
	# such modules have what does.
	[[ $1 != zst ]] || put_package zstd
	in_root modinfo -k "$k1" -F depends wireguard >/dev/null
	find "$dir" -name '*.ko*' ! -name 'wireguard.ko*' ! -name 'udp_tunnel.ko*' ! -name 'ip6_udp_tunnel.ko*' \
		! -path '*/crypto/*' -delete
	find "$dir" -name '*.ko.xz' -exec unxz {} +
	find "$dir" -name '*.ko.gz' -exec gunzip {} +
	find "$dir" -name '*.ko.zst' -exec zstd -q -d --rm {} +
	case $1 in
	gz)  find "$dir" -name '*.ko' -exec gzip {} + ;;
	xz)  find "$dir" -name '*.ko' -exec xz --check=crc32 {} + ;;
	zst) in_root find "/lib/modules/$k1/kernel" -name '*.ko' -exec zstd -q --rm {} + ;;
	esac
	in_root depmod "$k1"
}

compressed()
{
	local word=$1 suffix=.$1

	case $1 in
	none) suffix='' word=kmod ;;
	gz)  word=+ZLIB ;;
	zst) word=+ZSTD ;;
	xz)  word=+XZ ;;
	esac
	enter one
	in_root kmod --version | grep -q -F "$word" || skip "the kmod of this system reads no .$1"
	convert "$1"
	keep_stock "$k1"
	[[ $(named "$k1") == *.ko$suffix ]] || fail "converting failed: $(named "$k1")"
	must pm_install standin
	ours_on "$ours" "$k1"
	[[ $(named "$k1") == *.ko$suffix ]] || fail "named is $(named "$k1")"
	healthy
	gone_like one convert "$1"
}

step_none() { compressed none; }
step_gz()   { compressed gz; }
step_xz()   { compressed xz; }
step_zst()  { compressed zst; }

# disk_used: KiB of that file system.
disk_used()
{
	df -k --output=used "$work/here" | tail -n 1
}

# room KIB|any: leave so much there.
room()
{
	local size=50%

	[[ $1 == any ]] || size=$(($(disk_used) + $1))k
	mount -o "remount,size=$size" "$work/here"
}

# full_begin, full_now, full_again STEP: what is there before; what the disk gets full of;
# what a person does who has made room.
full_begin()
{
	case $1 in
	install) enter one limited ;;
	upgrade) enter one limited; must pm_install old ;;
	remove)
		enter ours limited
		# Into the upper file system: below it, what is deleted frees nothing, and a link takes
		# as much as a copy.
		find "$sys"/lib/modules/*/updates "$sys/var/lib/wireguard-reorder" "$sys/var/lib/dkms" \
			-type f -exec touch -a {} + ;;
	esac
	package_file standin >/dev/null
}

full_now()
{
	case $kind-$1 in
	deb-remove) run in_root dpkg -r wireguard-reorder-dkms ;;
	rpm-remove) run in_root rpm -e wireguard-reorder-dkms ;;
	# apt and dnf want tens of MB for lists of their own before any of this begins.
	deb-*) run in_root dpkg -i "$(package_file standin)" ;;
	rpm-*) run in_root rpm -U "$(package_file standin)" ;;
	esac
}

full_again()
{
	local again

	# Where the package manager has done its part, and a module is not there or not listed,
	# it has been said what to type.
	again=$(sed -n -E 's/.* to mend: .*[;,] then ((dkms install|depmod) .*)/\1/p' "$work/said" | tail -n 1)
	case $1 in
	install|upgrade)
		must pm_repair standin
		# It is words.
		# shellcheck disable=SC2086
		in_place || [[ -z $again ]] || must in_root $again
		ours_on "$ours" "$k1" ;;
	remove)
		must pm_repair_removal
		# shellcheck disable=SC2086
		[[ -z $again ]] || must in_root $again
		stock_on "$k1" ;;
	esac
	healthy
}

# words: that the disk is full, by whoever found it out.
words()
{
	grep -q -E 'No space left on device|free space|more space needed|needs .* more space|not enough space' "$work/said"
}

# no_harm: the kernel's own module is in its place, or ours goes before it, all of it,
# and there is a whole copy; whatever else is the case has been said.
no_harm()
{
	local file own

	file=$(named "$k1" || :)
	own=$(stock_file "$k1")
	[[ $status == 0 ]] || words || fail "status $status, and not a word about the disk"
	if [[ $(sum_of "$own") != "${stock[$k1]}" ]]; then
		[[ $file == "/lib/modules/$k1/$added/wireguard.ko"* && -n $(field vermagic "$file" 2>/dev/null) ]] ||
			fail "neither its own module nor ours is there, named is ${file:-nothing}"
		sha256sum "$sys/var/lib/wireguard-reorder/stock/$k1"/wireguard.ko* | grep -q "^${stock[$k1]}" ||
			fail "its own module is gone, and so is the copy"
	fi
	[[ -n $file && -n $(field vermagic "$file" 2>/dev/null) ]] || words ||
		fail "named is ${file:-nothing}, which is no module, and not a word about it"
}

# full_with STEP KIB
full_with()
{
	full_begin "$1"
	room "$2"
	full_now "$1"
	room any
	no_harm
	full_again "$1"
	gone_like one
}

# full STEP: with each size. Not one failure, but which sizes fail, is what to know.
full()
{
	local step=$1 seed=${WGR_SEED:-$RANDOM} sizes=${WGR_SIZES:-5} need size part i rc bad=''

	log "WGR_SEED=$seed"
	full_begin "$step"
	full_now "$step"
	[[ $status == 0 ]] || fail "status $status with room enough"
	# All that was written, were it the same files again; and what was there meanwhile.
	need=$(($(disk_used) * 3 / 2))
	RANDOM=$seed
	for ((i = 0; i < sizes; i++)); do
		# Most of what happens takes little, the lists of modules take much.
		part=$(((i * 32768 + RANDOM) / sizes))
		size=$((part * part * need / 32768 / 32768))
		log "" "==== room for $size KiB of $need"
		# Not as a condition: that would switch off "set -e" within.
		set +e
		(set -e; full_with "$step" "$size")
		rc=$?
		[[ $rc == 0 ]] || bad+="; $size KiB of $need: $(<"$work/why")"
		set -e
	done
	[[ -z $bad ]] || fail "WGR_SEED=$seed$bad"
}

step_full-install() { full install; }
step_full-upgrade() { full upgrade; }
step_full-remove()  { full remove; }

# one_cell STEP: do it, and keep and print the result.
one_cell()
{
	local step=$1 rc=0 begin=$SECONDS result why=''

	: >"$work/log"
	: >"$work/why"
	set +e
	(set -e; [[ -z ${WGR_TRACE:-} ]] || { PS4='+$EPOCHREALTIME '; set -x; }; "step_$step") >"$work/errors" 2>&1
	rc=$?
	set -e
	leave
	why=$(<"$work/why")
	sed 's/^/!! /' "$work/errors" >>"$work/log"
	cp "$work/log" "$results/$system-$step.log"
	number=$((number + 1))
	case $rc in
	0)  result=pass; echo "ok $number - $system: $step" ;;
	77)
		result=skip
		skipped=$((skipped + 1))
		echo "ok $number - $system: $step # SKIP $why" ;;
	*)
		result=fail
		failed=$((failed + 1))
		echo "not ok $number - $system: $step"
		[[ -n $why ]] || why=$(tail -n 3 "$work/errors")
		echo "# ${why//$'\n'/$'\n'# }"
		tail -n 30 "$work/said" | sed 's/^/#   /' ;;
	esac
	keep_result "$step" "$result" "$((SECONDS - begin))"
}

# keep_result STEP RESULT SECONDS: in place of an earlier one; two may run at a
# time.
keep_result()
{
	local fd

	exec {fd}>"$results/.lock"
	flock "$fd"
	touch "$results/matrix.tsv"
	{
		awk -F '\t' -v s="$system" -v t="$1" '$1 != s || $2 != t' "$results/matrix.tsv"
		printf '%s\t%s\t%s\t%s\n' "$system" "$@"
	} >"$work/tsv"
	cp "$work/tsv" "$results/matrix.tsv"
	exec {fd}>&-
}

table()
{
	awk -F '\t' -v systems="${all_systems[*]}" -v steps="${steps[*]}" '
		{ cell[$1, $2] = $3 " " $4 " s" }
		END {
			n = split(systems, s, " "); m = split(steps, t, " ")
			printf "# %-18s", ""
			for (i = 1; i <= n; i++) printf " %-11s", s[i]
			print ""
			for (j = 1; j <= m; j++) {
				printf "# %-18s", t[j]
				for (i = 1; i <= n; i++)
					printf " %-11s", (s[i], t[j]) in cell ? cell[s[i], t[j]] : "-"
				print ""
			}
		}' "$results/matrix.tsv" | sed 's/ *$//'
}

run_system()
{
	local step

	system=$1
	states=$work/states-$system
	mkdir "$states"
	: >"$work/log"
	system_prepare "$system"
	rm -rf "$work"/{kernel-rpms,changed,changed-debs}
	for step in "${@:2}"; do
		one_cell "$step"
	done
}

main()
{
	local s systems=("${all_systems[@]}")

	package_test "$0" "$@"
	mkdir -p "$results"
	[[ ${1:-all} == all ]] || systems=("$1")
	[[ $# -lt 2 ]] || steps_now=("${@:2}")
	for s in "${systems[@]}"; do
		run_system "$s" "${steps_now[@]}"
	done
	echo "1..$number"
	table
	echo "$((number - failed - skipped)) passed, $failed failed"
	[[ $failed == 0 ]]
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
