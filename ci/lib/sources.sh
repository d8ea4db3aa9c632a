# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# wgr_sources TREE FOLDER: what packages are made from, with what their pages show that lies
# elsewhere in the tree, into a folder that is there.
wgr_sources()
(
	cd "$1" && cp -R Makefile dkms.conf src debian rpm COPYING README.md "$2" &&
		cp --parents ci/doc/*.svg ci/bench/applications.md "$2"
)
