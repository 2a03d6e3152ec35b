using System.Threading.Channels;
using Dmp.Document.V1;
using Grpc.Core;

namespace Dmp.Server.Intake;

/// <summary>
/// The server's side of an import: answers in the order in which they come, several of them in one packet when they come together.
/// </summary>
internal sealed class ImportAnswers(IServerStreamWriter<ImportDocumentsResponse> responses)
{
    // Bounded by the window: each open document has one result and, while it comes, few other answers.
    private readonly Channel<ImportDocumentsResponse> waiting =
        Channel.CreateUnbounded<ImportDocumentsResponse>(new UnboundedChannelOptions { SingleReader = true });

    public void Add(ImportDocumentsResponse answer) => waiting.Writer.TryWrite(answer);

    /// <summary>No more answers come.</summary>
    public void Complete() => waiting.Writer.TryComplete();

    /// <summary>Sends until <see cref="Complete"/>.</summary>
    public async Task SendAsync(CancellationToken ct)
    {
        var together = new WriteOptions(WriteFlags.BufferHint);
        while (await waiting.Reader.WaitToReadAsync(ct))
        {
            while (waiting.Reader.TryRead(out var answer))
            {
                responses.WriteOptions = waiting.Reader.TryPeek(out _) ? together : WriteOptions.Default;
                await responses.WriteAsync(answer, ct);
            }
        }
    }
}
