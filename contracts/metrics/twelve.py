"""The twelve metrics of the sources."""

from contracts.metrics.definition import Historical, Metric, Text, Unit
from contracts.topology import Source

_SALES = Source.TRANSACTIONS
_WEB = Source.WEB_EVENTS
_CATALOGUE = Source.CATALOGUE
_CUSTOMERS = Source.CUSTOMERS

TWELVE: tuple[Metric, ...] = (
    Metric(
        id="vendas_totais",
        number=1,
        name=Text("Vendas totais por período", "Total sales per period"),
        unit=Unit.BRL,
        sources=(_SALES,),
        live=Text(
            "Bruta: soma dos totais dos pedidos pela data da compra, cada transação uma vez. Ao lado, as canceladas "
            "pela data do cancelamento e a líquida = bruta − canceladas.",
            "Gross: sum of the orders' totals by purchase date, each transaction once. Beside it cancelled sales by "
            "the date of cancellation, and net = gross − cancelled.",
        ),
        historical=Historical(
            definition=Text(
                "Líquida: soma dos totais das transações cujo último status não é cancelado, pela data da compra. Um "
                "cancelamento posterior corrige o dia da compra. Bruta e canceladas ao lado; líquida = bruta − "
                "canceladas. Dias sem vendas são zeros.",
                "Net: sum of the totals of transactions whose latest status is not cancelled, by purchase date. A "
                "later cancellation restates the day of the purchase. Gross and cancelled beside it; net = gross − "
                "cancelled. Days without sales are zeros.",
            ),
            view="vendas_totais",
        ),
    ),
    Metric(
        id="numero_pedidos",
        number=2,
        name=Text("Número de pedidos", "Number of orders"),
        unit=Unit.COUNT,
        sources=(_SALES,),
        live=Text(
            "Pedidos que entraram na janela; ao lado, os cancelados na janela.",
            "Orders that entered in the window; beside them those cancelled in the window.",
        ),
        historical=Historical(
            definition=Text(
                "Pedidos distintos (id_pedido) do período com ao menos uma transação não cancelada; ao lado, os que "
                "só têm transações canceladas.",
                "Distinct orders (id_pedido) of the period with at least one transaction not cancelled; beside them "
                "those with cancelled transactions only.",
            ),
            view="numero_pedidos",
        ),
    ),
    Metric(
        id="ticket_medio",
        number=3,
        name=Text("Ticket médio", "Average order value"),
        unit=Unit.BRL,
        sources=(_SALES,),
        live=Text(
            "Bruta ÷ pedidos que entraram; vazio quando não houve pedidos.",
            "Gross ÷ orders that entered; empty when there were none.",
        ),
        historical=Historical(
            definition=Text(
                "Líquida ÷ pedidos válidos, arredondado ao centavo; vazio quando não houve pedidos válidos.",
                "Net ÷ valid orders, rounded to the centavo; empty when there were no valid orders.",
            ),
            view="ticket_medio",
        ),
    ),
    Metric(
        id="produtos_mais_vendidos",
        number=4,
        name=Text("Produtos mais vendidos", "Best-selling products"),
        unit=Unit.COUNT,
        sources=(_SALES, _CATALOGUE),
        live=Text(
            "Unidades pedidas na janela; empates por receita, depois por id. Movimento em relação à janela anterior.",
            "Units ordered in the window; ties by revenue, then by id. Movement against the previous window.",
        ),
        historical=Historical(
            definition=Text(
                "Unidades das transações não canceladas, por período; empates por receita, depois por id. A receita de "
                "um produto é a sua parte do total de cada pedido (ver receita por categoria). Movimento em relação ao "
                "período anterior.",
                "Units of transactions not cancelled, per period; ties by revenue, then by id. A product's revenue is "
                "its share of each order's total (see revenue by category). Movement against the previous period.",
            ),
            view="produtos_mais_vendidos",
        ),
    ),
    Metric(
        id="receita_por_categoria",
        number=5,
        name=Text("Receita por categoria", "Revenue by category"),
        unit=Unit.BRL,
        sources=(_SALES, _CATALOGUE),
        live=Text(
            "O total do pedido (bruta) repartido entre os itens na proporção de preço de catálogo × quantidade, com "
            "maiores restos em centavos: as categorias sempre somam o total.",
            "The order's total (gross) shared among its items pro rata of catalogue price × quantity, largest "
            "remainders in centavos: categories always add up to the total.",
        ),
        historical=Historical(
            definition=Text(
                "A líquida repartida entre os itens na proporção de preço × quantidade, com o preço e a categoria do "
                "catálogo válidos no momento da compra e maiores restos em centavos: as categorias sempre somam o "
                "total. Se algum produto do pedido é desconhecido, o pedido é repartido só pela quantidade.",
                "Net shared among the items pro rata of price × quantity, with the catalogue's price and category "
                "valid at the time of purchase and largest remainders in centavos: categories always add up to the "
                "total. Where any product of an order is unknown, the order is shared by quantity alone.",
            ),
            view="receita_por_categoria",
        ),
    ),
    Metric(
        id="conversao_carrinho",
        number=6,
        name=Text("Taxa de conversão de carrinho", "Cart conversion rate"),
        unit=Unit.RATIO,
        sources=(_WEB, _SALES),
        live=Text(
            "Pedidos com carrinho ÷ carrinhos criados na janela (fluxo).",
            "Orders with a cart ÷ carts created in the window (a flow).",
        ),
        historical=Historical(
            definition=Text(
                "Coorte: carrinhos criados no período (pelo primeiro evento) que geraram um pedido, seja qual for o "
                "seu destino ÷ carrinhos criados no período. Ao lado, os que o geraram em até 1 hora, 1 dia e 7 "
                "dias. Coortes ainda imaturas, até 7 dias depois do fim do período, são marcadas.",
                "Cohort: carts created in the period (by their first event) that got an order, whatever became of it ÷ "
                "carts created in the period. Beside it those that got one within 1 hour, 1 day and 7 days. Cohorts "
                "still immature, until 7 days after the period's end, are marked.",
            ),
            view="conversao_carrinho",
        ),
    ),
    Metric(
        id="receita_media_usuario",
        number=7,
        name=Text("Receita média por usuário", "Average revenue per user"),
        unit=Unit.BRL,
        sources=(_SALES, _CUSTOMERS),
        live=Text(
            "Bruta ÷ compradores distintos, estimados por HLL com o erro indicado.",
            "Gross ÷ distinct buyers, estimated by HLL with the error stated.",
        ),
        historical=Historical(
            definition=Text(
                "Líquida ÷ compradores distintos com compra válida no período; ao lado, líquida ÷ clientes cadastrados "
                "até o fim do período. Arredondado ao centavo; vazio quando o divisor é zero.",
                "Net ÷ distinct buyers with a valid purchase in the period; beside it net ÷ customers registered by "
                "the period's end. Rounded to the centavo; empty when the divisor is zero.",
            ),
            view="receita_media_usuario",
        ),
    ),
    Metric(
        id="crescimento_receita",
        number=8,
        name=Text("Crescimento de receita", "Revenue growth"),
        unit=Unit.RATIO,
        sources=(_SALES,),
        live=Text(
            "Bruta da janela em relação à janela anterior de mesma duração. Como toda variação ao vivo, não há quando "
            "a janela anterior começa antes do primeiro pedido ao vivo: o que é de antes foi carregado de uma vez.",
            "Gross of the window against the previous window of equal length. Like every live change there is none "
            "where the previous window begins before the first live order: what is older was loaded at once.",
        ),
        historical=Historical(
            definition=Text(
                "(P − P₋₁) ÷ P₋₁ da líquida por dia, semana e mês, e em relação ao mesmo período do ano anterior; "
                "vazio quando P₋₁ ≤ 0. Um período incompleto é comparado até o mesmo ponto do anterior.",
                "(P − P₋₁) ÷ P₋₁ of net by day, week and month, and year over year; empty when P₋₁ ≤ 0. An incomplete "
                "period is compared up to the same point of the previous one.",
            ),
            view="crescimento_receita",
        ),
    ),
    Metric(
        id="variacao_ticket_medio",
        number=9,
        name=Text("Variação do ticket médio", "Change of the average order value"),
        unit=Unit.RATIO,
        sources=(_SALES,),
        live=Text(
            "Ticket médio da janela em relação ao da janela anterior.",
            "Average order value of the window against that of the previous window.",
        ),
        historical=Historical(
            definition=Text(
                "(T − T₋₁) ÷ T₋₁ do ticket médio, com as comparações do crescimento de receita.",
                "(T − T₋₁) ÷ T₋₁ of the average order value, compared as revenue growth is.",
            ),
            view="variacao_ticket_medio",
        ),
    ),
    Metric(
        id="produtos_ao_longo_do_tempo",
        number=10,
        name=Text("Produtos mais vendidos ao longo do tempo", "Best-selling products over time"),
        unit=Unit.COUNT,
        sources=(_SALES, _CATALOGUE),
        live=None,
        historical=Historical(
            definition=Text(
                "Posição de cada produto por período e o seu movimento em relação ao período anterior.",
                "Each product's rank per period and its movement against the previous period.",
            ),
            view="produtos_ao_longo_do_tempo",
        ),
    ),
    Metric(
        id="abandono_carrinho",
        number=11,
        name=Text("Taxa de abandono de carrinho", "Cart abandonment rate"),
        unit=Unit.RATIO,
        sources=(_WEB, _SALES),
        live=None,
        historical=Historical(
            definition=Text(
                "Abandonado = ao menos um item adicionado, nenhum pedido e parado por mais de 30 min "
                "(VITRINE_CART_IDLE_MINUTES). Taxa = abandonados ÷ (abandonados + convertidos), sem os ainda "
                "abertos. Um pedido posterior torna o carrinho recuperado, que conta entre os convertidos. Cada "
                "carrinho conta no período do seu primeiro evento.",
                "Abandoned = at least one item added, no order at all and idle for more than 30 min "
                "(VITRINE_CART_IDLE_MINUTES). Rate = abandoned ÷ (abandoned + converted), without those still open. "
                "A later order makes the cart recovered, which counts among the converted. A cart counts in the "
                "period of its first event.",
            ),
            view="abandono_carrinho",
        ),
    ),
    Metric(
        id="pedidos_por_cliente",
        number=12,
        name=Text("Média de pedidos por cliente", "Average orders per customer"),
        unit=Unit.MEAN,
        sources=(_SALES,),
        live=None,
        historical=Historical(
            definition=Text(
                "Pedidos válidos ÷ compradores distintos por período, e desde o início.",
                "Valid orders ÷ distinct buyers per period, and since the beginning.",
            ),
            view="pedidos_por_cliente",
        ),
    ),
)
