output "by_part" {
  description = "US dollars a month, by part."
  value       = { for name, dollars in local.parts : name => floor(dollars * 100 + 0.5) / 100 }
}

output "total" {
  description = "US dollars a month."
  value       = floor(sum(values(local.parts)) * 100 + 0.5) / 100
}

output "prices_as_of" {
  description = "The month of the prices."
  value       = local.book.as_of
}

output "prices_of" {
  description = "The region whose prices were taken."
  value       = contains(keys(local.book.regions), var.region) ? var.region : local.book.dearest
}

output "not_compared" {
  description = "Prices of the region that were held against nothing since they were written down."
  value       = sort([for name, source in merge(local.book.compared.everywhere, local.book.compared[contains(keys(local.book.regions), var.region) ? var.region : local.book.dearest]) : name if source == "nothing"])
}
