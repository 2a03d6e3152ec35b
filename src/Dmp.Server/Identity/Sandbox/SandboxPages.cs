using System.Net.Mime;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.WebUtilities;

namespace Dmp.Server.Identity.Sandbox;

/// <summary>The two pages of the issuer, for people: who there is, and who to log in as.</summary>
internal static class SandboxPages
{
    public static IResult Index() => Results.Content(
        Page("People of the sandbox", persona => HtmlEncoder.Default.Encode(persona.Name)), MediaTypeNames.Text.Html, Encoding.UTF8);

    /// <summary>Each name is a link to the same request with that name as <c>login_hint</c>.</summary>
    public static Task ChooseAsync(HttpContext http)
    {
        http.Response.ContentType = "text/html; charset=utf-8";
        return http.Response.WriteAsync(
            Page("Log in as", persona =>
            {
                var address = QueryHelpers.AddQueryString(
                    http.Request.Path,
                    http.Request.Query.Where(pair => pair.Key != "login_hint").Append(new("login_hint", persona.Name)));
                return $"<a href=\"{HtmlEncoder.Default.Encode(address)}\">{HtmlEncoder.Default.Encode(persona.Name)}</a>";
            }),
            http.RequestAborted);
    }

    private static string Page(string title, Func<Persona, string> name)
    {
        var rows = Personas.All.Select(persona => $"<tr><td>{name(persona)}</td><td>{HtmlEncoder.Default.Encode(persona.Description)}</td></tr>");
        return $"<!doctype html><html lang=\"en\"><title>{title}</title><h1>{title}</h1><table>{string.Concat(rows)}</table></html>";
    }
}
