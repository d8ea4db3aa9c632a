# SPDX-License-Identifier: GPL-2.0
#
# What all pictures have in common, read before their data (data.py) and the
# picture itself; "out" is the file. Nothing is behind them, and each colour has
# about the same contrast to white as to black.

set terminal svg size 960,400 dynamic font "sans-serif,13" enhanced
set output out
set encoding utf8

text = "#787878"
stock = "#c2571a"
ours = "#2f7fc4"
third = "#2e8b57"
fourth = "#9a62c8"

set border 3 lc rgb text
set tics nomirror textcolor rgb text
set xlabel textcolor rgb text
set ylabel textcolor rgb text
set grid ytics lc rgb "#b0787878" lw 0.5
set key textcolor rgb text samplen 2
set title textcolor rgb text
set style fill solid noborder
