using System.Globalization;

namespace Dmp.Story;

/// <summary>What the command line says.</summary>
internal sealed record StoryOptions
{
    public const string Usage =
        "usage: Dmp.Story [--address http://127.0.0.1:7443] [--issuer http://127.0.0.1:7444/] [--samples DIR] [--count N] "
        + "[--mailbox DIR] [--demo]";

    public Uri Address { get; init; } = new("http://127.0.0.1:7443");

    public Uri Issuer { get; init; } = new("http://127.0.0.1:7444/");

    /// <summary>Every file of this folder is sent; null sends documents made on the spot.</summary>
    public string? Samples { get; init; }

    /// <summary>The folder in which the sandbox keeps e-mails; null: they are not shown.</summary>
    public string? Mailbox { get; init; }

    /// <summary>How many documents are made on the spot.</summary>
    public int Count { get; init; } = 12;

    /// <summary>Leaves out the hints for what to try next: the sandbox stops right after.</summary>
    public bool Demo { get; init; }

    /// <exception cref="FormatException">The command line is not one of ours; the message says why.</exception>
    public static StoryOptions Parse(IReadOnlyList<string> args)
    {
        var options = new StoryOptions();
        for (var i = 0; i < args.Count; i++)
        {
            options = args[i] switch
            {
                "--demo" => options with { Demo = true },
                "--address" => options with { Address = AddressOf(ValueOf(args, ref i)) },
                "--issuer" => options with { Issuer = AddressOf(ValueOf(args, ref i)) },
                "--samples" => options with { Samples = FolderOf(ValueOf(args, ref i)) },
                "--mailbox" => options with { Mailbox = ValueOf(args, ref i) },
                "--count" => options with { Count = CountOf(ValueOf(args, ref i)) },
                _ => throw new FormatException($"unknown argument {args[i]}"),
            };
        }
        return options;
    }

    private static string ValueOf(IReadOnlyList<string> args, ref int index) =>
        ++index < args.Count ? args[index] : throw new FormatException($"{args[index - 1]} needs a value");

    private static Uri AddressOf(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) ? address : throw new FormatException($"{text} is no address");

    private static string FolderOf(string text) =>
        Directory.Exists(text) ? text : throw new FormatException($"there is no folder {text}");

    // The dentist's refusals and the paging need a few documents to mean something.
    private static int CountOf(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= 100_000
            ? count
            : throw new FormatException("--count needs a number from 1 to 100000");
}
