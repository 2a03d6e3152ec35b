using Spectre.Console;

namespace Dmp.Cli.Import;

/// <summary>A bar on a terminal, nothing elsewhere: a log has the report.</summary>
internal sealed class ImportProgress
{
    private readonly ProgressTask? _task;

    private ImportProgress(ProgressTask? task) => _task = task;

    /// <summary>Shows the bar while something is done.</summary>
    public static async Task RunAsync(TextWriter error, string what, double total, Func<ImportProgress, Task> act)
    {
        if (!ReferenceEquals(error, Console.Error) || Console.IsErrorRedirected)
        {
            await act(new ImportProgress(null));
            return;
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) });
        await console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new SpinnerColumn())
            .StartAsync(async context => await act(new ImportProgress(context.AddTask(Markup.Escape(what), maxValue: Math.Max(1, total)))));
    }

    public void Add(double amount) => _task?.Increment(amount);
}
