# A network of our own. Nothing in it has a public address; Google's APIs are reached privately.

resource "google_compute_network" "this" {
  project                 = var.project_id
  name                    = "vitrine"
  description             = "Vitrine's nodes, Cloud Run's way to them, and the peered database and Redis"
  auto_create_subnetworks = false
  # One reserved range of 0.0.0.0/0 to the internet would serve only a NAT.
  delete_default_routes_on_create = false

  lifecycle {
    precondition {
      condition     = length(var.ready) > 0
      error_message = "The Compute API must be on before a network is made."
    }
  }
}

resource "google_compute_subnetwork" "this" {
  project                  = var.project_id
  name                     = "vitrine"
  region                   = var.region
  network                  = google_compute_network.this.id
  ip_cidr_range            = var.ranges.subnet_cidr
  private_ip_google_access = true

  log_config {
    aggregation_interval = "INTERVAL_10_MIN"
    flow_sampling        = 0.1
    metadata             = "EXCLUDE_ALL_METADATA"
  }

  timeouts {
    # Cloud Run's direct egress holds addresses for 1 to 2 hours after its last instance.
    delete = "20m"
  }
}

# Spark's and Hadoop's ports are chosen at run time: the nodes of a cluster need all of them, between themselves.
resource "google_compute_firewall" "between_nodes" {
  project                 = var.project_id
  name                    = "vitrine-between-nodes"
  description             = "Everything between the nodes of Dataproc clusters"
  network                 = google_compute_network.this.id
  direction               = "INGRESS"
  source_service_accounts = var.node_accounts
  target_service_accounts = var.node_accounts

  allow {
    protocol = "tcp"
  }
  allow {
    protocol = "udp"
  }
  allow {
    protocol = "icmp"
  }
}

# Cloud SQL and Memorystore live in Google's network, peered into this range.
resource "google_compute_global_address" "services" {
  project       = var.project_id
  name          = "vitrine-services"
  description   = "The range that Cloud SQL and Memorystore take addresses from"
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  address       = var.ranges.services_address
  prefix_length = var.ranges.services_prefix
  network       = google_compute_network.this.id
}

resource "google_service_networking_connection" "services" {
  network                 = google_compute_network.this.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.services.name]
  # Producers hold the peering for days after their last instance; the default deletion then fails.
  deletion_policy = "REMOVE_PEERING"
  # A range changed after a failed creation is taken over rather than refused.
  update_on_creation_fail = true
}

# Only where asked for: nothing of ours needs the internet.
resource "google_compute_router" "nat" {
  count = var.ranges.nat ? 1 : 0

  project = var.project_id
  name    = "vitrine-nat"
  region  = var.region
  network = google_compute_network.this.id
}

resource "google_compute_router_nat" "nat" {
  count = var.ranges.nat ? 1 : 0

  project                            = var.project_id
  name                               = "vitrine-nat"
  region                             = var.region
  router                             = google_compute_router.nat[0].name
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "LIST_OF_SUBNETWORKS"

  subnetwork {
    name                    = google_compute_subnetwork.this.id
    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
  }

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}
