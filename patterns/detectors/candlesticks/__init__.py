"""Candlesticks: one module each, with TA-Lib's meaning."""
