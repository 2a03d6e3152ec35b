using Dmp.Client;
using Spectre.Console;

namespace Dmp.Story;

/// <summary>What the reader sees: colours and bars on a terminal, plain lines everywhere else.</summary>
internal sealed class Screen
{
    public Screen()
    {
        IsTerminal = AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected;
        if (!IsTerminal)
        {
            // Nobody's window is 80 columns wide in a log.
            AnsiConsole.Profile.Width = 200;
        }
    }

    public bool IsTerminal { get; }

    public static void Chapter(string title)
    {
        AnsiConsole.WriteLine();
        AnsiConsole.MarkupLineInterpolated($"[bold]{title}[/]");
    }

    public static void Held(string what) => AnsiConsole.MarkupLineInterpolated($"  [green]ok[/]    {what}");

    public static void Failed(string what, string expected, string came)
    {
        AnsiConsole.MarkupLineInterpolated($"  [red]FAIL[/]  {what}");
        AnsiConsole.MarkupLineInterpolated($"        expected: {expected}");
        AnsiConsole.MarkupLineInterpolated($"        came:     {came}");
    }

    public static void Line(string text) => AnsiConsole.MarkupLineInterpolated($"        [grey]{text}[/]");

    /// <summary>Moves things one after the other, each with a bar.</summary>
    public async Task TransferAsync<T>(
        IReadOnlyList<T> items, Func<T, string> name, Func<T, long> size, Func<T, IProgress<TransferProgress>, Task> move)
    {
        if (!IsTerminal)
        {
            foreach (var item in items)
            {
                await move(item, new Bar(null));
                Line($"{name(item)} ({size(item):N0} bytes)");
            }
            return;
        }

        await AnsiConsole.Progress()
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(),
                new DownloadedColumn())
            .StartAsync(async progress =>
            {
                var all = progress.AddTask($"[bold]{items.Count} documents[/]", maxValue: Math.Max(1, items.Sum(size)));
                foreach (var item in items)
                {
                    var bar = progress.AddTask(Markup.Escape(name(item)), maxValue: Math.Max(1, size(item)));
                    await move(item, new Bar(bar));
                    bar.Value = bar.MaxValue;
                    all.Increment(size(item));
                }
            });
    }

    private sealed class Bar(ProgressTask? task) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value)
        {
            if (task is not null)
            {
                task.Value = value.TransferredBytes;
            }
        }
    }
}
