#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Process 1 of every guest, once the root is in place: the rest of a small
# system, then the command in /run/wgr/command, its output to the channel that
# the host reads, its status to /run/wgr/status, and off. With WGR_INIT=systemd
# process 1 is systemd, and this comes back as a service when the system is up.
#
# Runs from the results directory, so that it is the host's version even if
# the tree changes under a running guest.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8

small_system()
{
	mountpoint -q /proc || mount -t proc proc /proc
	mountpoint -q /sys || mount -t sysfs sys /sys
	mountpoint -q /dev || mount -t devtmpfs dev /dev
	mkdir -p /dev/pts /dev/shm
	mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
	mount -t tmpfs shm /dev/shm
	mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
	mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
	ln -sfn /proc/self/fd /dev/fd
	ln -sfn /proc/self/fd/0 /dev/stdin
	ln -sfn /proc/self/fd/1 /dev/stdout
	ln -sfn /proc/self/fd/2 /dev/stderr
	mkdir -p /run/netns /run/lock
	: >/run/xtables.lock
	mkdir -p /dev/net
	[[ -e /dev/net/tun ]] || mknod /dev/net/tun c 10 200
	ip link set lo up
	hostname "${WGR_HOSTNAME:-guest}"
	echo 1 >/proc/sys/kernel/printk_devkmsg 2>/dev/null
	# Debug lines stay in the ring: the console is slow.
	echo 7 >/proc/sys/kernel/printk
}

# Units that last as long as this start of the machine: the target that the
# kernel's command line names is all that the system has by itself, then this.
hand_over()
{
	mkdir -p /run/systemd/system
	cat >/run/systemd/system/guest.target <<-'END'
		[Unit]
		Description=What the guest was started for
		Requires=multi-user.target guest.service
		After=multi-user.target
		AllowIsolate=yes
	END
	cat >/run/systemd/system/guest.service <<-'END'
		[Unit]
		Description=The command of the guest
		After=multi-user.target
		[Service]
		Type=oneshot
		ExecStart=/bin/bash /run/wgr/guest.sh
	END
	exec /sbin/init
}

# shellcheck disable=SC1091
. /run/wgr/environment
if [[ $$ == 1 ]]; then
	: >/run/wgr/begun
	[[ ${WGR_INIT:-} != systemd ]] || hand_over
	small_system
fi
# A user-mode kernel's results directory has another name.
export WGR_RESULTS=/run/wgr
channel=${WGR_CHANNEL:-/dev/vport0p1}
# Which number the port has depends on the machine's other devices.
[[ -c $channel ]] || for d in /dev/vport*p1; do channel=$d; done
# A terminal would turn each line end into two characters.
[[ $channel != /dev/tty* ]] || stty -F "$channel" -opost

echo "wgr-guest: start" >/dev/kmsg
(
	cd "$WGR_TREE" || exit 125
	exec bash /run/wgr/command </dev/null
) >"$channel" 2>&1
status=$?

# What the checks have to say when the test is over: leaks are only looked for
# when somebody asks.
if [[ -w /sys/kernel/debug/kmemleak ]]; then
	echo scan >/sys/kernel/debug/kmemleak
	sleep 5
	echo scan >/sys/kernel/debug/kmemleak
	cat /sys/kernel/debug/kmemleak >/dev/kmsg
fi
echo "$status" >/run/wgr/status
sync -f /run/wgr/status
echo "wgr-guest: status $status" >/dev/kmsg
echo "wgr-guest: end of test" >/dev/kmsg
sleep 0.1
echo o >/proc/sysrq-trigger 2>/dev/null || true
poweroff -f 2>/dev/null || busybox poweroff -f
sleep 60
