# SPDX-License-Identifier: GPL-2.0
#
# What a packet's instructions are spent on: for each kind of traffic a bar for each
# module, of a piece for each group of functions.

set multiplot layout 1,kinds title headline textcolor rgb text margins 0.07,0.78,0.1,0.84 spacing 0.06
array colour[7] = [third, ours, fourth, stock, "#b89b1d", "#5e8a99", text]

set style data histograms
set style histogram rowstacked
set boxwidth 0.6
set yrange [0:*]
set format y "%.0f"
set xtics scale 0 font ",11"
set xrange [-0.6:2.6]
set key at screen 0.995, screen 0.55 right center Left reverse invert
do for [k=0:kinds - 1] {
	set title word(titles, k + 1)
	if (k == 1) { unset key }
	plot for [g=1:groups] $profile index k using 1 + g:xtic(1) lc rgb colour[g] title word(names, g)
}
unset multiplot
