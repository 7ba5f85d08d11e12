select periodo, inicio, completo, bruta, canceladas, liquida from numero
