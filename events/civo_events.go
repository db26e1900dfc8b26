package events

// Types of Civo's events, for [Match] and [Router.Handle]. What they come from are two generations of Civo's list: the
// newer one (civo.com/api/webhooks), of which only the beginning is known, and the older one, complete with 57 types,
// in a public client's copy (Lazarus404/civo, lib/civo/webhooks.ex). Names are an open set: Civo adds some and drops
// some, so a router should have a handler for the rest, or leave them to be acknowledged as [ErrUnhandled].
const (
	// Most say that Civo has asked its cloud for something, and the work may still go on; the source says so of those
	// with "asked for", of instance.deleted, and of all that is about firewalls.

	InstanceCreated          = "instance.created" // asked for; active says that it runs
	InstanceActive           = "instance.active"
	InstanceUpdated          = "instance.updated" // renamed
	InstanceDeleted          = "instance.deleted"
	InstanceFirewallUpdated  = "instance.firewall.updated"
	InstanceRebooted         = "instance.rebooted"
	InstanceRebuilt          = "instance.rebuilt"  // asked for
	InstanceStopped          = "instance.stopped"  // asked for
	InstanceStarted          = "instance.started"  // asked for
	InstanceRestored         = "instance.restored" // asked for, from a snapshot
	InstanceTagsUpdated      = "instance.tags.updated"
	InstanceResized          = "instance.resized"
	InstanceIPAddressUpdated = "instance.ip_address.updated" // a new instance has its public address
	InstanceHighCPUStarted   = "instance.high_cpu.started"   // above 80 %
	InstanceHighCPUEnded     = "instance.high_cpu.ended"     // below 80 % again
	InstanceRescued          = "instance.rescued"            // asked for
	InstanceUnrescued        = "instance.unrescued"          // asked for

	DomainCreated = "domain.created"
	DomainUpdated = "domain.updated" // on the newer list alone
	DomainDeleted = "domain.deleted"

	DomainRecordCreated = "domain_record.created"
	DomainRecordUpdated = "domain_record.updated"
	DomainRecordDeleted = "domain_record.deleted"

	FirewallCreated = "firewall.created"
	FirewallUpdated = "firewall.updated"
	FirewallDeleted = "firewall.deleted"

	FirewallRuleCreated = "firewall_rule.created"
	FirewallRuleDeleted = "firewall_rule.deleted"

	KubernetesClusterCreated         = "kubernetes_cluster.created"
	KubernetesClusterActive          = "kubernetes_cluster.active"
	KubernetesClusterFailed          = "kubernetes_cluster.failed"
	KubernetesClusterScaled          = "kubernetes_cluster.scaled"
	KubernetesClusterNodeReaped      = "kubernetes_cluster.node_reaped"       // a node was removed
	KubernetesClusterTooManyRebuilds = "kubernetes_cluster.too_many_rebuilds" // it gave up

	LoadBalancerCreated = "load_balancer.created"
	LoadBalancerUpdated = "load_balancer.updated"
	LoadBalancerDeleted = "load_balancer.deleted"

	NetworkCreated = "network.created"
	NetworkUpdated = "network.updated"
	NetworkDeleted = "network.deleted"

	SSHKeyCreated = "ssh_key.created"
	SSHKeyUpdated = "ssh_key.updated"
	SSHKeyDeleted = "ssh_key.deleted"

	SnapshotCreated   = "snapshot.created" // asked for; completed says that it is there
	SnapshotCompleted = "snapshot.completed"
	SnapshotDeleted   = "snapshot.deleted"
	SnapshotFailed    = "snapshot.failed"
	SnapshotRetrying  = "snapshot.retrying" // failed, and is tried again

	// A later copy of the older list calls these legacy.

	TemplateCreated = "template.created"
	TemplateUpdated = "template.updated"
	TemplateDeleted = "template.deleted"

	VolumeCreated  = "volume.created"
	VolumeUpdated  = "volume.updated"
	VolumeDeleted  = "volume.deleted"
	VolumeAttached = "volume.attached"
	VolumeDetached = "volume.detached"
	VolumeResized  = "volume.resized"
	VolumeRenamed  = "volume.renamed"
)

// civoTypes is all of the above.
var civoTypes = []string{
	InstanceCreated, InstanceActive, InstanceUpdated, InstanceDeleted, InstanceFirewallUpdated, InstanceRebooted,
	InstanceRebuilt, InstanceStopped, InstanceStarted, InstanceRestored, InstanceTagsUpdated, InstanceResized,
	InstanceIPAddressUpdated, InstanceHighCPUStarted, InstanceHighCPUEnded, InstanceRescued, InstanceUnrescued,
	DomainCreated, DomainUpdated, DomainDeleted,
	DomainRecordCreated, DomainRecordUpdated, DomainRecordDeleted,
	FirewallCreated, FirewallUpdated, FirewallDeleted,
	FirewallRuleCreated, FirewallRuleDeleted,
	KubernetesClusterCreated, KubernetesClusterActive, KubernetesClusterFailed, KubernetesClusterScaled,
	KubernetesClusterNodeReaped, KubernetesClusterTooManyRebuilds,
	LoadBalancerCreated, LoadBalancerUpdated, LoadBalancerDeleted,
	NetworkCreated, NetworkUpdated, NetworkDeleted,
	SSHKeyCreated, SSHKeyUpdated, SSHKeyDeleted,
	SnapshotCreated, SnapshotCompleted, SnapshotDeleted, SnapshotFailed, SnapshotRetrying,
	TemplateCreated, TemplateUpdated, TemplateDeleted,
	VolumeCreated, VolumeUpdated, VolumeDeleted, VolumeAttached, VolumeDetached, VolumeResized, VolumeRenamed,
}
