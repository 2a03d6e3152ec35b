using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http.Extensions;
using OpenIddict.Abstractions;

namespace Dmp.Server.Identity.Sandbox;

/// <summary>The page on which a person chooses who to be: the same request again, with a <c>login_hint</c>.</summary>
internal static class PersonaPage
{
    public static async Task WriteAsync(HttpResponse response, OpenIddictRequest request, CancellationToken cancellationToken)
    {
        var html = new StringBuilder("""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>DMP sandbox</title></head>
            <body><h1>DMP sandbox</h1><p>Who are you? None of these people exists.</p><ul>

            """);
        foreach (var persona in Personas.All)
        {
            var link = HtmlEncoder.Default.Encode($"/{SandboxIssuer.AuthorizationPath}{QueryWith(request, persona)}");
            var description = HtmlEncoder.Default.Encode(persona.Description);
            html.Append("<li><a href=\"").Append(link).Append("\">").Append(persona.Name).Append("</a> ").Append(description)
                .Append("</li>\n");
        }

        html.Append("</ul></body></html>\n");
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        await response.WriteAsync(html.ToString(), cancellationToken);
    }

    private static QueryString QueryWith(OpenIddictRequest request, Persona persona)
    {
        var query = new QueryBuilder();
        foreach (var (name, value) in request.GetParameters())
        {
            if (name != OpenIddictConstants.Parameters.LoginHint)
            {
                query.Add(name, (string?)value ?? "");
            }
        }

        query.Add(OpenIddictConstants.Parameters.LoginHint, persona.Name);
        return query.ToQueryString();
    }
}
