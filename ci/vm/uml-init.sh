#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The first program in a user-mode guest: its root is the host's, read only.
# Put a scratch layer over it, take the results directory and the kernel's
# modules along, and go on in guest.sh. The kernel hands over WGR_RUN (results
# directory) and WGR_MODULES (directory that holds lib/modules).
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
set -e

mount -t tmpfs -o size=75% top /mnt
mkdir /mnt/upper /mnt/work /mnt/new
mount -t overlay -o "lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work" root /mnt/new
cd /mnt/new
mkdir -p old run lib/modules
mount -t tmpfs run run
mkdir run/wgr
mount -t hostfs -o "$WGR_RUN" results run/wgr
mount --bind "$WGR_MODULES/lib/modules" lib/modules
pivot_root . old
exec chroot . /bin/bash -c 'umount -l /old; exec /bin/bash /run/wgr/guest.sh'
