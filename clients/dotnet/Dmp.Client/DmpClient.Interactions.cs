using Dmp.Interactions.V1;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>
    /// Tells which rules of the published thesaurus these medicines meet: every pair has an answer. It is reference information as
    /// published, no advice; "no rule" is no "no interaction".
    /// </summary>
    /// <param name="request">The medicines, by a code CIS or CIP, or the name of a substance.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The report, with the editions that it is from.</returns>
    public async Task<InteractionReport> CheckInteractionsAsync(
        CheckInteractionsRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<CheckInteractionsRequest, CheckInteractionsResponse>(
            Interactions.CheckInteractionsAsync, request, cancellationToken).ConfigureAwait(false)).Report;

    /// <summary>
    /// The same beside what the documents of a record state: proposed medicines and stated ones, each with where it stands, and what was
    /// left out or not read.
    /// </summary>
    /// <param name="request">The record, and what is proposed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The report with what it does not know.</returns>
    public Task<CheckRecordInteractionsResponse> CheckRecordInteractionsAsync(
        CheckRecordInteractionsRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<CheckRecordInteractionsRequest, CheckRecordInteractionsResponse>(
            Interactions.CheckRecordInteractionsAsync, request, cancellationToken);
}
