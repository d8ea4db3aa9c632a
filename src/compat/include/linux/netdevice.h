/* SPDX-License-Identifier: GPL-2.0 */
#ifndef WGR_COMPAT_LINUX_NETDEVICE_H
#define WGR_COMPAT_LINUX_NETDEVICE_H

#include_next <linux/netdevice.h>

#ifndef WGR_HAVE_NETIF_NAPI_ADD_PLAIN
static inline void
wgr_compat_napi_add(struct net_device *dev, struct napi_struct *napi,
		    int (*poll)(struct napi_struct *napi, int budget))
{
	netif_napi_add(dev, napi, poll, NAPI_POLL_WEIGHT);
}

#define netif_napi_add(dev, napi, poll) wgr_compat_napi_add(dev, napi, poll)
#endif

#ifndef WGR_HAVE_NETIF_SET_TSO_MAX_SIZE_TSO
#define netif_set_tso_max_size(dev, size) netif_set_gso_max_size(dev, size)
#endif

/* Several CPUs count at once. */
#ifndef WGR_HAVE_DEV_STATS_ADD
#define DEV_STATS_ADD(dev, field, number) \
	atomic_long_add((number), (atomic_long_t *)&(dev)->stats.field)
#define DEV_STATS_INC(dev, field) DEV_STATS_ADD(dev, field, 1)
#endif

#ifndef WGR_HAVE_DEV_SW_NETSTATS_TX_ADD
static inline void dev_sw_netstats_tx_add(struct net_device *dev,
					  unsigned int packets, unsigned int len)
{
	struct pcpu_sw_netstats *stats = this_cpu_ptr(dev->tstats);

	u64_stats_update_begin(&stats->syncp);
	stats->tx_bytes += len;
	stats->tx_packets += packets;
	u64_stats_update_end(&stats->syncp);
}
#endif

#ifndef WGR_HAVE_DEV_GET_TSTATS64_DIRECT
static inline void dev_get_tstats64(struct net_device *dev,
				    struct rtnl_link_stats64 *s)
{
	netdev_stats_to_stats64(s, &dev->stats);
	dev_fetch_sw_netstats(s, dev->tstats);
}
#endif

#endif
