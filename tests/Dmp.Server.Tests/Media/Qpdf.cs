using System.Diagnostics;
using System.Text.Json;

namespace Dmp.Server.Tests.Media;

/// <summary>What qpdf sees in a PDF: the reader that knows nothing of ours.</summary>
/// <param name="Opens">It finds pages.</param>
/// <param name="IsActive">From the root, it comes upon what acts or carries files.</param>
internal sealed record QpdfView(bool Opens, bool IsActive);

internal static class Qpdf
{
    private static readonly string[] actions =
        ["/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/Movie", "/Sound", "/Rendition", "/RichMediaExecute"];

    private static readonly string[] annotations = ["/RichMedia", "/Screen", "/Movie", "/Sound", "/3D", "/FileAttachment"];

    /// <summary>Why there is no qpdf here; null when there is one.</summary>
    public static string? Missing { get; } =
        Array.Exists((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), folder => File.Exists(Path.Combine(folder, "qpdf")))
            ? null
            : "there is no qpdf here (package qpdf)";

    public static QpdfView Look(string file)
    {
        var (code, output) = Run("--json=2", "--json-key=qpdf", "--json-key=pages", file);
        if (code is not (0 or 3) || output.Length == 0)
        {
            return new(Opens: false, IsActive: false);
        }

        using var json = JsonDocument.Parse(output);
        var objects = json.RootElement.GetProperty("qpdf")[1];
        var walk = new Walk(objects);
        walk.Visit(objects.GetProperty("trailer"), "");
        return new(json.RootElement.GetProperty("pages").GetArrayLength() > 0, walk.IsActive);
    }

    public static (int Code, string Output) Run(params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo("qpdf", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    private sealed class Walk(JsonElement objects)
    {
        private readonly HashSet<string> seen = [];

        public bool IsActive { get; private set; }

        public void Visit(JsonElement value, string key)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.String when value.GetString() is { } text && text.EndsWith(" R", StringComparison.Ordinal):
                    if (seen.Add(text) && objects.TryGetProperty($"obj:{text}", out var found))
                    {
                        Visit(found, key);
                    }

                    break;

                case JsonValueKind.Array:
                    foreach (var item in value.EnumerateArray())
                    {
                        Visit(item, key);
                    }

                    break;

                case JsonValueKind.Object:
                    IsActive |= Acts(value, key);
                    foreach (var item in value.EnumerateObject())
                    {
                        Visit(item.Value, item.Name);
                    }

                    break;
            }
        }

        private bool Acts(JsonElement value, string key) =>
            actions.Contains(Name(value, "/S")) && Name(value, "/Type") != "/StructElem"
            || annotations.Contains(Name(value, "/Subtype"))
            || key == "/AcroForm" && value.TryGetProperty("/XFA", out _)
            || key == "/OpenAction" && Name(value, "/S") is "/URI" or "/GoToR"
            || value.TryGetProperty("/EF", out var files) && files.ValueKind == JsonValueKind.Object && files.TryGetProperty("/F", out _)
                && !IsInvoice(value);

        /// <summary>The one attachment of the corpus that is no file to open; its data are not looked at here.</summary>
        private static bool IsInvoice(JsonElement value) =>
            value.TryGetProperty("/F", out var name) && name.GetString() == "u:factur-x.xml";

        private string? Name(JsonElement value, string key)
        {
            if (!value.TryGetProperty(key, out var found) || found.ValueKind != JsonValueKind.String)
            {
                return null;
            }

            var text = found.GetString()!;
            return text.EndsWith(" R", StringComparison.Ordinal) && objects.TryGetProperty($"obj:{text}", out var target)
                && target.TryGetProperty("value", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : text;
        }
    }
}
