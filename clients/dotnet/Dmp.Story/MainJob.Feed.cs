using Dmp.Event.V1;

namespace Dmp.Story;

/// <summary>The dentist's software follows the changes that it may know of.</summary>
internal sealed partial class MainJob
{
    private string dentistsToken = "";

    private async Task FollowAsync(CancellationToken ct) =>
        dentistsToken = await Dentist.Client.GetResumeTokenAsync(cancellationToken: ct);

    /// <summary>Exactly this came about the record since the last time.</summary>
    private async Task ToldAsync(string what, CancellationToken ct, params (ChangeKind Kind, string DocumentId)[] expected)
    {
        var told = new List<(ChangeKind, string)>();
        PullResponse response;
        do
        {
            response = await Dentist.Client.PullEventsAsync(new PullRequest { Start = new() { ResumeToken = dentistsToken } }, ct);
            told.AddRange(response.Events.Where(one => one.RecordId == recordId).Select(one => (one.Kind, one.DocumentId)));
            dentistsToken = response.LatestResumeToken;
        }
        while (!response.IsCheckpoint);
        checks.That(what, told.SequenceEqual(expected), string.Join(", ", expected), string.Join(", ", told));
    }
}
