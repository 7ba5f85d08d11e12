output "network" {
  description = "The network."
  value       = google_compute_network.this.id
}

output "subnetwork" {
  description = "The subnet of nodes and of Cloud Run's egress."
  value       = google_compute_subnetwork.this.id
  # Nodes that cannot reach one another do not become a cluster.
  depends_on = [google_compute_firewall.between_nodes]
}

output "private_network" {
  description = "The network, once services can be peered into it."
  value       = google_compute_network.this.id
  depends_on  = [google_service_networking_connection.services]
}
