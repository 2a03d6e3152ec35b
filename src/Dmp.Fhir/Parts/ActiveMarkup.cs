using System.Collections.Frozen;

namespace Dmp.Fhir.Parts;

/// <summary>
/// What a narrative must not hold (FHIR R4, Narrative), because it acts or fetches something to act. Names are in
/// lower case.
/// </summary>
internal static class ActiveMarkup
{
    private static readonly FrozenDictionary<string, string> elements = Named(
        ("script", "script"),
        ("form", "form input button select textarea keygen isindex"),
        ("frame", "iframe frame frameset"),
        ("object", "object embed applet"),
        ("head element", "base link meta"),
        ("style element", "style"),
        ("drawing", "svg math"),
        ("media", "audio video"),

        // What stands in them is text to one reader and markup to another one.
        ("raw text", "title xmp noscript noembed noframes plaintext template"));

    private static readonly FrozenSet<string> addresses = FrozenSet.ToFrozenSet(
    [
        "action", "archive", "background", "cite", "classid", "codebase", "data", "dynsrc", "formaction", "from", "href", "icon",
        "longdesc", "lowsrc", "manifest", "ping", "poster", "profile", "src", "srcset", "to", "usemap", "values",
    ]);

    public static string? OfElement(string name) => elements.GetValueOrDefault(name);

    public static string? OfAttribute(string name, string value) =>
        name.StartsWith("on", StringComparison.Ordinal) && value.Length > 0 ? "event attribute"
        : name == "srcdoc" ? "page in an attribute"
        : name == "style" && IsActiveStyle(value) ? "active style"
        : IsScript(value) ? "script address"
        : addresses.Contains(name) && DataAddress.Is(value) ? "data address" : null;

    public static bool IsScript(string address) => DataAddress.SchemeOf(address) is "javascript" or "vbscript";

    /// <summary>What follows a <c>&lt;</c>.</summary>
    public static string? OfDeclaration(ReadOnlySpan<char> text) => text is not ['!' or '?', ..] ? null
        : text.StartsWith("!doctype", StringComparison.OrdinalIgnoreCase) || text.StartsWith("!entity", StringComparison.OrdinalIgnoreCase)
            ? "document type"
            : text.StartsWith("?xml-stylesheet", StringComparison.OrdinalIgnoreCase) ? "stylesheet" : null;

    /// <summary>A picture that stands in its address.</summary>
    public static bool IsPicture(string element, string name, string value) => element == "img" && name == "src" && DataAddress.Is(value)
        && DataAddress.MediaTypeOf(value)?.StartsWith("image/", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Escapes and comments, of which a narrative needs none, could hide the rest.</summary>
    private static bool IsActiveStyle(string value)
    {
        var seen = new string([.. value.Where(letter => !DataAddress.IsUnseen(letter))]).ToLowerInvariant();
        return ((string[])["expression(", "url(", "javascript:", "\\", "/*"]).Any(
            part => seen.Contains(part, StringComparison.Ordinal));
    }

    private static FrozenDictionary<string, string> Named(params (string What, string Elements)[] groups) => groups
        .SelectMany(group => group.Elements.Split(' ').Select(element => (element, group.What)))
        .ToFrozenDictionary(one => one.element, one => one.What);
}
