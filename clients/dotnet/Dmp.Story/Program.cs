using Dmp.Story;

StoryOptions options;
try
{
    options = StoryOptions.Parse(args);
}
catch (FormatException fault)
{
    await Console.Error.WriteLineAsync($"{fault.Message}\n{StoryOptions.Usage}");
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

using var story = new MainJob(options);
try
{
    await story.TellAsync(stop.Token);
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync("stopped");
    return 130;
}

Console.WriteLine();
Console.WriteLine(story.LastLine);
return story.EverythingHeld ? 0 : 1;
