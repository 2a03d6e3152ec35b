using Spectre.Console;

namespace Dmp.Cli.Platform;

/// <summary>A bar on a terminal, nothing elsewhere: whoever reads a log reads the result.</summary>
internal sealed class TransferBar
{
    private readonly ProgressTask? task;

    private TransferBar(ProgressTask? task) => this.task = task;

    /// <summary>Shows the bar while something is done.</summary>
    public static async Task RunAsync(TextWriter error, string what, double total, Func<TransferBar, Task> act)
    {
        if (!ReferenceEquals(error, Console.Error) || Console.IsErrorRedirected)
        {
            await act(new TransferBar(null));
            return;
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) });
        await console.Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(),
                new SpinnerColumn())
            .StartAsync(async context => await act(new TransferBar(context.AddTask(Markup.Escape(what), maxValue: Math.Max(1, total)))));
    }

    public void SetTotal(double total)
    {
        if (task is not null)
        {
            task.MaxValue = Math.Max(1, total);
        }
    }

    public void Add(double amount) => task?.Increment(amount);
}
