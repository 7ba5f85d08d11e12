"""The metrics, by what they are about. Importing this package registers them all."""

from jobs.batch.metrics import buyers as buyers
from jobs.batch.metrics import growth as growth
from jobs.batch.metrics import products as products
from jobs.batch.metrics import sales as sales
