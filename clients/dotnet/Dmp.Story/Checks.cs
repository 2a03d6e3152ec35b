using Dmp.Client;
using Dmp.Error.V1;

namespace Dmp.Story;

/// <summary>Counts what held and what did not. A check that fails is told and counted; the story goes on.</summary>
internal sealed class Checks
{
    public int Held { get; private set; }

    public int Failed { get; private set; }

    public void That(string what, bool holds, string expected, string came)
    {
        if (holds)
        {
            Held++;
            Screen.Held(what);
        }
        else
        {
            Failed++;
            Screen.Failed(what, expected, came);
        }
    }

    /// <summary>A check inside a loop: told and counted only when it fails.</summary>
    public void Quietly(string what, bool holds)
    {
        if (!holds)
        {
            That(what, false, "", "");
        }
    }

    public void Equal<T>(string what, T expected, T came) =>
        That(what, EqualityComparer<T>.Default.Equals(expected, came), $"{expected}", $"{came}");

    /// <summary>The call is refused for exactly this reason. Gives the refusal, when it was one.</summary>
    public async Task<DmpException?> RefusedAsync(string what, ErrorReason reason, Func<Task> call)
    {
        try
        {
            await call();
            That(what, false, $"{reason}", "the call was carried out");
            return null;
        }
        catch (DmpException refusal)
        {
            That(what, refusal.ErrorReason == reason, $"{reason}", refusal.Message);
            return refusal;
        }
    }

    /// <summary>Runs one chapter. What goes wrong in it fails the story but not the chapters that can still be told.</summary>
    public async Task ChapterAsync(string title, Func<Task> chapter)
    {
        Screen.Chapter(title);
        try
        {
            await chapter();
        }
        catch (Exception failure)
            when (failure is DmpException or HttpRequestException or IOException or InvalidDataException or InvalidOperationException)
        {
            That("the chapter reaches its end", false, "no error", failure.Message);
        }
    }
}
