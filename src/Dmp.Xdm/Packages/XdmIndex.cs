using System.Net;
using System.Text;

namespace Dmp.Xdm;

/// <summary>Writes <c>INDEX.HTM</c>: what a person without any software sees of a package, as XHTML Basic without scripts.</summary>
public sealed class XdmIndex : IDisposable
{
    private readonly StreamWriter writer;

    /// <summary>Begins the page.</summary>
    /// <param name="destination">Where it goes. Not closed.</param>
    /// <param name="title">The title.</param>
    /// <param name="source">Who made the package.</param>
    public XdmIndex(Stream destination, string title, string source)
    {
        writer =
            new StreamWriter(destination, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine(
            $"""
            <?xml version="1.0" encoding="UTF-8"?>
            <!DOCTYPE html PUBLIC "-//W3C//DTD XHTML Basic 1.1//EN" "http://www.w3.org/TR/xhtml-basic/xhtml-basic11.dtd">
            <html xmlns="http://www.w3.org/1999/xhtml" xml:lang="fr">
            <head><title>{Html(title)}</title></head>
            <body>
            <h1>{Html(title)}</h1>
            <p>{Html(source)} <a href="README.TXT">README.TXT</a></p>
            <ul>
            """);
    }

    /// <summary>Adds a document.</summary>
    /// <param name="path">Its file, from the root.</param>
    /// <param name="text">What to call it.</param>
    public void Add(string path, string text) => writer.WriteLine($"<li><a href=\"{Html(path)}\">{Html(text)}</a></li>");

    /// <summary>Adds something that cannot be opened from the page.</summary>
    /// <param name="text">What to call it.</param>
    public void Add(string text) => writer.WriteLine($"<li>{Html(text)}</li>");

    /// <summary>Ends the page.</summary>
    public void Dispose()
    {
        writer.WriteLine("</ul>\n</body>\n</html>");
        writer.Dispose();
    }

    private static string Html(string text) =>
        WebUtility.HtmlEncode(string.Concat(text.Select(letter => char.IsControl(letter) ? ' ' : letter)));
}
