"""The texts that every language must have.

Metric definitions are not here but in ``contracts.metrics``. Words in braces are filled in by the
views; a test holds the languages to the same ones.
"""

from msgspec import Struct


class Texts(Struct, frozen=True, kw_only=True):
    """All texts of one language; every field is required."""

    html_language: str
    language_label: str

    # Pages
    live_page: str
    definitions: str
    definitions_live: str
    definitions_historical: str

    # Live: the state of the page
    state_starting: str
    state_starting_detail: str
    state_empty: str
    state_empty_detail: str
    state_live: str
    state_stale: str
    state_stale_detail: str
    state_away: str
    state_away_detail: str
    state_off: str
    state_off_detail: str
    connecting: str
    connection_lost: str
    connection_slow: str
    pause: str
    resume: str
    paused: str
    discreet_on: str
    discreet_off: str
    full_screen_on: str
    full_screen_off: str
    show_table: str
    show_chart: str
    chart_time: str

    # Live: the status line
    fact_newest: str
    fact_newest_value: str
    fact_latency: str
    fact_rate: str
    fact_rate_value: str
    fact_rejected: str
    fact_late: str
    fact_duplicates: str
    fact_since_spool: str

    # Live: the window
    window: str
    window_names: dict[str, str]
    span: str
    dimensions_span: str
    dimensions_span_hours: str

    # Live: tiles
    net_sales: str
    net_sales_note: str
    orders: str
    orders_note: str
    ticket: str
    ticket_note: str
    conversion: str
    conversion_note: str
    revenue_per_user: str
    revenue_per_user_note: str
    visitors: str
    visitors_note: str
    delta_up: str
    delta_down: str
    delta_flat: str
    delta_none: str
    delta_points: str
    delta_not_live: str
    delta_not_live_reason: str
    delta_against: dict[str, str]

    # Live: panels
    sales_title: str
    sales_note: str
    sales_series: str
    sales_note_no_before: str
    sales_before: str
    sales_week_before: str
    compare_last_week: str
    compare_yesterday: str
    sales_summary: str
    products_title: str
    product: str
    rank: str
    units: str
    revenue: str
    movement: str
    movement_new: str
    movement_up: str
    movement_down: str
    movement_same: str
    product_unknown: str
    payments_title: str
    payment_names: dict[str, str]
    categories_title: str
    category_unknown: str
    categories_other: str
    segments_title: str
    segment_names: dict[str, str]
    map_title: str
    state: str
    state_unknown: str
    share: str
    funnel_title: str
    funnel_note: str
    funnel_names: dict[str, str]
    stock_title: str
    stock_left: str
    stock_out: str
    stock_none: str
    orders_title: str
    orders_away: str
    orders_waiting: str
    orders_none: str
    order_more: str
    order_cancelled: str
    product_unnamed: str
    place_unknown: str
    no_sales: str

    # Tables
    yes: str
    no: str
