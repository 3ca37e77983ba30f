"""Every address of the site; each app keeps its own."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from django.views.generic import RedirectView

from tickstock_site.api import api
from tickstock_site.health import health
from tickstock_site.signin import SignInForm

sign_in = LoginView.as_view(
    template_name="sign_in.html", authentication_form=SignInForm, redirect_authenticated_user=True
)

urlpatterns = [
    path("health", health, name="health"),
    path("sign-in/", sign_in, name="login"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("favicon.ico", login_not_required(RedirectView.as_view(url="/static/site/icon.svg"))),
    path("admin/", include("admin_processing.urls")),
    path("admin/", admin.site.urls),
    path("", include("streaming.urls")),
    path("", api.urls),
]

handler400 = "tickstock_site.errors.bad_request"
handler403 = "tickstock_site.errors.forbidden"
handler404 = "tickstock_site.errors.not_found"
handler500 = "tickstock_site.errors.server_error"
