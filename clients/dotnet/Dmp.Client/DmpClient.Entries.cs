using Dmp.Entries.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>Adds what the patient's side states: an allergy, a treatment, a measure, a vaccination. It becomes a document.</summary>
    /// <param name="request">
    /// Record and entry; an empty <c>request_id</c> is filled in, and an absent <c>state_time</c> is now. Keep both for a repeat by another
    /// client.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The document that holds it.</returns>
    public async Task<Document.V1.Document> AddOwnEntryAsync(AddOwnEntryRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.StateTime ??= Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow());
        return (await CallAsync<AddOwnEntryRequest, AddOwnEntryResponse>(
            Entries.AddOwnEntryAsync, request, cancellationToken).ConfigureAwait(false)).Document;
    }
}
