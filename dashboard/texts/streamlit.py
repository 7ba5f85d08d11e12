"""Streamlit's own words, which it has in English only, in ours: by where they stand (a CSS selector).

``{}`` stands for what is different each time. In English only what would mislead a viewer has other words. A test
finds each of them in Streamlit's scripts.
"""

from dashboard.formats import Language

STREAMLIT: dict[Language, dict[str, dict[str, str]]] = {
    "pt": {
        "body": {
            "Skip to main content": "Ir para o conteúdo",
            "Navigate to home page": "Ir para a página inicial",
            "Main menu": "Menu principal",
            "Copy version to clipboard": "Copiar a versão",
            "No results": "Nada encontrado",
            "Clear all": "Limpar",
            "Selected values": "Escolhidos",
            "Remove {}": "Tirar {}",
            "Help for {}": "Ajuda: {}",
            "{} start date": "{}: primeiro dia",
            "{} end date": "{}: último dia",
            "Choose date range": "Escolher o intervalo",
            "Quick select a date range": "Escolher um intervalo pronto",
            "Use arrow keys to navigate dates. Enter to select. Escape to close.": (
                "Setas mudam o dia, Enter escolhe, Escape fecha."
            ),
            "Connecting to Streamlit server": "Conectando ao servidor",
            "Unable to connect to Streamlit server": "Não foi possível conectar ao servidor",
        },
        "[role=menu], [role=menu] ~ *": {
            "Print": "Imprimir",
            "System": "Como o sistema",
            "Light": "Claro",
            "Dark": "Escuro",
            "Made with Streamlit v": "Feito com Streamlit v",
            "Copied": "Copiado",
        },
        "[data-testid=stStatusWidget]": {"Connecting": "Conectando", "Error": "Erro"},
        "[data-testid=stMultiSelect], [data-testid=stSelectbox]": {"Open": "Abrir"},
        "[data-testid=stDateInputQuickSelect], [data-testid=stDateInputQuickSelectPopover]": {
            "Date range": "Intervalo pronto",
            "Select...": "Escolher…",
            "Past Week": "Última semana",
            "Past Month": "Último mês",
            "Past 3 Months": "Últimos 3 meses",
            "Past 6 Months": "Últimos 6 meses",
            "Past Year": "Último ano",
            "Past 2 Years": "Últimos 2 anos",
        },
        "[role=dialog]": {
            "Close": "Fechar",
            "Connection error": "Sem conexão",
            "Streamlit server is not responding. Are you connected to the internet?": (
                "O servidor não responde. Há conexão com a internet?"
            ),
            "Is Streamlit still running? If you accidentally stopped Streamlit, just restart it in your terminal:": (
                "O servidor não responde. Ele ainda está no ar?"
            ),
            "Page not found": "Página não encontrada",
            "You have requested page /{}, but no corresponding file was found in the app's pages/ directory{}": (
                "Não há uma página /{}. Esta é a inicial."
            ),
            "The page that you have requested does not seem to exist{}": "Não há essa página. Esta é a inicial.",
        },
    },
    "en": {
        "[role=dialog]": {
            "Streamlit server is not responding. Are you connected to the internet?": (
                "The server does not answer. Are you connected to the internet?"
            ),
            "Is Streamlit still running? If you accidentally stopped Streamlit, just restart it in your terminal:": (
                "The server does not answer. Is it still running?"
            ),
            "You have requested page /{}, but no corresponding file was found in the app's pages/ directory{}": (
                "There is no page /{}. This is the first one."
            ),
            "The page that you have requested does not seem to exist{}": "There is no such page. This is the first.",
        },
    },
}
