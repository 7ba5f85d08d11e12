"""The texts of history that every language must have, by page."""

from msgspec import Struct


class CommonTexts(Struct, frozen=True, kw_only=True):
    """What several pages say."""

    page_names: dict[str, str]
    # Controls
    range_label: str
    range_names: dict[str, str]
    free_range: str
    granularity: str
    granularity_names: dict[str, str]
    comparison: str
    comparison_names: dict[str, str]
    filters: str
    filters_on: str
    filter_names: dict[str, str]
    filter_all: str
    filtered_by: str
    # The run
    run: str
    snapshot: str
    counted: str
    findings_none: str
    findings_one: str
    findings_many: str
    findings_unknown: str
    finding_names: dict[str, str]
    finding_other: str
    rows_read: str
    # States
    no_run: str
    no_rows: str
    away: str
    refused: str
    nothing: str
    # Periods
    week_of: str
    span: str
    against: str
    only_open: str
    without_open: str
    open_period: str
    part_period: str
    open_note: str
    open_cells: str
    before_series: str
    too_fine: str
    chart_summary: str
    # Columns
    period: str
    day: str
    days: str
    weekday: str
    weekdays: list[str]
    weekdays_short: list[str]
    hour: str
    category: str
    payment: str
    segment: str
    change: str
    complete: str
    unknown: str
    # Tables
    fold_open: str
    csv: str
    csv_help: str
    parquet: str
    parquet_help: str
    file_name: str


class SalesTexts(Struct, frozen=True, kw_only=True):
    """Vendas."""

    net: str
    gross: str
    cancelled: str
    valid_orders: str
    orders_cancelled: str
    orders_uncounted: str
    unfiltered_only: str
    units_title: str
    ticket_note: str
    cancellation: str
    cancellation_note: str
    sales_title: str
    categories_title: str
    hours_title: str
    hours_note: str
    hours_average: str
    hour_title: str
    table_title: str
    growth_title: str
    growth_note: str
    growth: str
    growth_year: str
    ticket_change: str
    ticket_change_year: str


class ProductsTexts(Struct, frozen=True, kw_only=True):
    """Produtos."""

    units: str
    units_note: str
    products_sold: str
    products_sold_note: str
    concentration: str
    concentration_note: str
    best_seller: str
    best_seller_note: str
    best_sellers_note: str
    rank_before: str
    units_change: str
    ranks_title: str
    ranks_note: str
    rank_title: str
    categories_over_time: str


class CustomersTexts(Struct, frozen=True, kw_only=True):
    """Clientes."""

    customers: str
    buyers: str
    buyers_title: str
    registered: str
    per_buyer: str
    per_customer: str
    spent_title: str
    no_period: str
    orders_per_customer: str
    ever_note: str
    bought_again: str
    bought_again_note: str
    table_title: str
    since_beginning: str
    retention_title: str
    retention_note: str
    retention_rate: str
    retention_cell: str
    cohort: str
    cohort_size: str
    months: str
    month_after: str
    distribution_title: str
    distribution_value: str
    orders_made: str
    grid_title: str
    grid_note: str
    grid_corner: str
    recency: str
    frequency: str
    value: str
    recency_column: str
    frequency_row: str
    segments_title: str
    segment_names: dict[str, str]
    segment_meanings: dict[str, str]
    meaning: str
    net_per_customer: str
    days_since: str


class CartsTexts(Struct, frozen=True, kw_only=True):
    """Carrinhos."""

    carts: str
    carts_note: str
    abandonment: str
    recovery: str
    mature: str
    mature_until: str
    none_mature: str
    immature: str
    immature_cells: str
    funnel_title: str
    funnel_note: str
    step: str
    visit: str
    visits: str
    of_visits: str
    of_previous: str
    cohorts_title: str
    cohorts_note: str
    within_1h: str
    within_1d: str
    within_7d: str
    until_now: str
    conversion_title: str
    outcomes_title: str
    converted: str
    converted_directly: str
    recovered: str
    abandoned: str
    still_open: str
    empty: str
    table_title: str


class GeographyTexts(Struct, frozen=True, kw_only=True):
    """Geografia."""

    states_note: str
    first_state: str
    first_city: str
    share_note: str
    cities_count: str
    cities_count_note: str
    map_note: str
    uf: str
    city: str
    unfiltered_cities: str
    states_title: str
    cities_title: str
    cities_note: str


class ForecastTexts(Struct, frozen=True, kw_only=True):
    """Previsão."""

    expected: str
    expected_day: str
    actual: str
    interval: str
    lower: str
    upper: str
    too_short: str
    error: str
    error_note: str
    against_naive: str
    coverage: str
    coverage_note: str
    chart_title: str
    chart_note: str
    errors_title: str
    errors_note: str
    error_per_day: str
    model: str
    model_names: dict[str, str]
    origins: str
    days: str


class HistoryTexts(Struct, frozen=True, kw_only=True):
    """All texts of history in one language."""

    common: CommonTexts
    sales: SalesTexts
    products: ProductsTexts
    customers: CustomersTexts
    carts: CartsTexts
    geography: GeographyTexts
    forecast: ForecastTexts
