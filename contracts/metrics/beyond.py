"""The metrics beyond the twelve of the sources."""

from contracts.metrics.definition import Historical, Metric, Text, Unit
from contracts.topology import Source

_SALES = Source.TRANSACTIONS
_WEB = Source.WEB_EVENTS
_CATALOGUE = Source.CATALOGUE
_CUSTOMERS = Source.CUSTOMERS

BEYOND: tuple[Metric, ...] = (
    Metric(
        id="funil",
        number=None,
        name=Text("Funil de compra", "Purchase funnel"),
        unit=Unit.COUNT,
        sources=(_WEB,),
        live=Text("Eventos de cada passo na janela.", "Events of each step in the window."),
        historical=Historical(
            definition=Text(
                "Sessões distintas que chegaram a cada passo, pelo período do primeiro evento da sessão.",
                "Distinct sessions that reached each step, by the period of a session's first event.",
            ),
            view="funil",
        ),
    ),
    Metric(
        id="vendas_por_uf",
        number=None,
        name=Text("Vendas por UF", "Sales by state"),
        unit=Unit.BRL,
        sources=(_SALES, _CUSTOMERS),
        live=Text(
            "Bruta pela UF do cliente no momento da compra.", "Gross by the customer's state at the time of purchase."
        ),
        historical=Historical(
            definition=Text(
                "Líquida, bruta, canceladas e pedidos válidos pela UF do cliente no momento da compra; de várias "
                "transações de um pedido no período, conta a primeira válida.",
                "Net, gross, cancelled and valid orders by the customer's state at purchase; of several transactions "
                "of an order in the period the first valid one counts.",
            ),
            view="vendas_por_uf",
        ),
    ),
    Metric(
        id="vendas_por_cidade",
        number=None,
        name=Text("Vendas por cidade", "Sales by city"),
        unit=Unit.BRL,
        sources=(_SALES, _CUSTOMERS),
        live=None,
        historical=Historical(
            definition=Text(
                "Como vendas por UF, pela cidade do cliente no momento da compra; só as cidades que compraram no "
                "período.",
                "As sales by state, by the customer's city at purchase; only cities that bought in the period.",
            ),
            view="vendas_por_cidade",
        ),
    ),
    Metric(
        id="vendas_por_pagamento",
        number=None,
        name=Text("Vendas por método de pagamento", "Sales by payment method"),
        unit=Unit.BRL,
        sources=(_SALES,),
        live=Text("Bruta por método de pagamento.", "Gross by payment method."),
        historical=Historical(
            definition=Text(
                "Líquida, bruta, canceladas e pedidos válidos por método de pagamento.",
                "Net, gross, cancelled and valid orders by payment method.",
            ),
            view="vendas_por_pagamento",
        ),
    ),
    Metric(
        id="vendas_por_segmento",
        number=None,
        name=Text("Vendas por segmento de cliente", "Sales by customer segment"),
        unit=Unit.BRL,
        sources=(_SALES, _CUSTOMERS),
        live=Text(
            "Bruta pelo segmento do cliente no momento da compra.",
            "Gross by the customer's segment at the time of purchase.",
        ),
        historical=Historical(
            definition=Text(
                "Líquida, bruta, canceladas e pedidos válidos pelo segmento do cliente no momento da compra.",
                "Net, gross, cancelled and valid orders by the customer's segment at purchase.",
            ),
            view="vendas_por_segmento",
        ),
    ),
    Metric(
        id="vendas_diarias",
        number=None,
        name=Text("Vendas diárias por UF, pagamento e segmento", "Daily sales by state, payment and segment"),
        unit=Unit.BRL,
        sources=(_SALES, _CUSTOMERS),
        live=None,
        historical=Historical(
            definition=Text(
                "Por dia, UF, método de pagamento e segmento do cliente no momento da compra: líquida, bruta, "
                "canceladas, pedidos válidos e cancelados; cada pedido uma vez no dia, pela primeira transação "
                "válida. Só as combinações que houve; somam vendas totais e número de pedidos. Para filtrar; só a "
                "execução atual e a mais recente guardam linhas.",
                "By day, state, payment method and the customer's segment at purchase: net, gross, cancelled, valid "
                "and cancelled orders; each order once a day, under its first valid transaction. Only combinations "
                "that occurred; they add up to total sales and number of orders. Made to filter by; only the current "
                "and the newest run keep rows.",
            ),
            view="vendas_diarias",
        ),
    ),
    Metric(
        id="vendas_diarias_por_categoria",
        number=None,
        name=Text("Vendas diárias por categoria", "Daily sales by category"),
        unit=Unit.BRL,
        sources=(_SALES, _CUSTOMERS, _CATALOGUE),
        live=None,
        historical=Historical(
            definition=Text(
                "As vendas diárias também por categoria: o total de cada pedido, cancelado ou não, repartido entre "
                "os itens como em receita por categoria, de modo que as categorias somam os totais ao centavo. Um "
                "pedido válido conta em cada categoria que contém.",
                "The daily sales by category as well: the total of each order, cancelled or not, is shared among its "
                "items as in revenue by category, so that categories add up to the totals to the centavo. A valid "
                "order counts in each category it contains.",
            ),
            view="vendas_diarias_por_categoria",
        ),
    ),
    Metric(
        id="visitantes_agora",
        number=None,
        name=Text("Visitantes agora", "Visitors now"),
        unit=Unit.COUNT,
        sources=(_WEB,),
        live=Text(
            "Sessões distintas com algum evento nos últimos 5 minutos.",
            "Distinct sessions with any event in the last 5 minutes.",
        ),
        historical=None,
    ),
    Metric(
        id="estoque_baixo",
        number=None,
        name=Text("Estoque baixo", "Low stock"),
        unit=Unit.COUNT,
        sources=(_CATALOGUE,),
        live=Text(
            "Produtos com menor estoque disponível na última versão do catálogo.",
            "Products with the least stock in the catalogue's latest version.",
        ),
        historical=None,
    ),
    Metric(
        id="distribuicao_pedidos",
        number=None,
        name=Text("Distribuição de pedidos por cliente", "Distribution of orders per customer"),
        unit=Unit.COUNT,
        sources=(_SALES,),
        live=None,
        historical=Historical(
            definition=Text(
                "Quantos clientes fizeram quantos pedidos válidos, por mês e desde o início.",
                "How many customers made how many valid orders, by month and since the beginning.",
            ),
            view="distribuicao_pedidos",
        ),
    ),
    Metric(
        id="retencao_mensal",
        number=None,
        name=Text("Retenção mensal", "Monthly retention"),
        unit=Unit.RATIO,
        sources=(_SALES,),
        live=None,
        historical=Historical(
            definition=Text(
                "Dos clientes cuja primeira compra válida foi em um mês, a parte que comprou de novo em cada mês "
                "seguinte.",
                "Of the customers whose first valid purchase was in a month, the share that bought again in each "
                "month after it.",
            ),
            view="retencao_mensal",
        ),
    ),
    Metric(
        id="rfm",
        number=None,
        name=Text("Segmentos RFM", "RFM segments"),
        unit=Unit.COUNT,
        sources=(_SALES,),
        live=None,
        historical=Historical(
            definition=Text(
                "Clientes com compra válida por quintil (1 a 5, 5 é o melhor) do dia da última compra, do número de "
                "pedidos e da líquida; valores iguais ficam no mesmo quintil: 1 + 5 × (clientes com menos) ÷ "
                "clientes, arredondado para baixo. Recência e frequência juntas dão nome ao segmento.",
                "Customers with a valid purchase by quintile (1 to 5, 5 is best) of the day of the last purchase, of "
                "orders and of net; equal values are in one quintile: 1 + 5 × (customers with less) ÷ customers, "
                "rounded down. Recency and frequency together name the segment.",
            ),
            view="rfm",
        ),
    ),
    Metric(
        id="mapa_semana_hora",
        number=None,
        name=Text("Vendas por dia da semana e hora", "Sales by weekday and hour"),
        unit=Unit.BRL,
        sources=(_SALES,),
        live=None,
        historical=Historical(
            definition=Text(
                "Líquida e pedidos válidos por dia da semana e hora da compra, no horário da loja, por mês e desde o "
                "início; ao lado, quantos desses dias houve.",
                "Net and valid orders by weekday and hour of purchase, in the shop's time zone, by month and since the "
                "beginning; beside them how many such days there were.",
            ),
            view="mapa_semana_hora",
        ),
    ),
    Metric(
        id="previsao_receita",
        number=None,
        name=Text("Previsão de receita", "Revenue forecast"),
        unit=Unit.BRL,
        sources=(_SALES,),
        live=None,
        historical=Historical(
            definition=Text(
                "Líquida diária prevista para os 30 dias depois do último completo, com intervalo de 80 %: suavização "
                "exponencial com tendência amortecida e padrão semanal, a partir de quatro semanas de vendas.",
                "Daily net predicted for the 30 days after the last complete one, with an 80 % interval: exponential "
                "smoothing with a damped trend and a weekly pattern, from four weeks of sales on.",
            ),
            view="previsao_receita",
        ),
    ),
    Metric(
        id="erro_previsao",
        number=None,
        name=Text("Erro da previsão", "Forecast error"),
        unit=Unit.RATIO,
        sources=(_SALES,),
        live=None,
        historical=Historical(
            definition=Text(
                "Previsões de 30 dias feitas sobre o passado, até seis, uma por semana: soma dos erros absolutos ÷ "
                "soma das vendas, e a parte dos dias dentro do intervalo; ao lado, o erro de repetir a última "
                "semana.",
                "Forecasts of 30 days made over the past, up to six, a week apart: sum of absolute errors ÷ sum of "
                "sales, and the share of days within the interval; beside it the error of repeating the last week.",
            ),
            view="erro_previsao",
        ),
    ),
)
