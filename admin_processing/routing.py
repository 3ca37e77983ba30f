"""Addresses of the sockets for those who look after processing."""

from django.urls import path

from admin_processing.consumers import ProcessingConsumer

websocket_urlpatterns = [path("ws/processing/", ProcessingConsumer.as_asgi())]
