namespace Dmp.Server.Notices;

/// <summary>Sends notices one after the other: to a mail server, to a folder, to a patient application. Not for several threads.</summary>
internal interface INoticeSender : IAsyncDisposable
{
    /// <summary>
    /// One attempt. Ends with success only when the other side has taken the notice over; a failure that the outside world
    /// causes is a result and no exception.
    /// </summary>
    public Task<AttemptResult> SendAsync(NoticeContent notice, CancellationToken ct);
}
