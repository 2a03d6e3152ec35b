using Dmp.Care.V1;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>
    /// Puts together what a patient takes, as far as the documents of a record say it: one line for one treatment with its dose as last
    /// stated, why it counts as running, what contradicts what, and each source. It is no advice, and does not say what is taken.
    /// </summary>
    /// <param name="request">The record, and the moment: now, when none is set.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The statement, with what became of the documents that were asked: see <c>Statement.Documents</c>.</returns>
    public Task<GetMedicationStatementResponse> GetMedicationStatementAsync(
        GetMedicationStatementRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<GetMedicationStatementRequest, GetMedicationStatementResponse>(
            Care.GetMedicationStatementAsync, request, cancellationToken);

    /// <summary>
    /// Fetches the page that an emergency physician reads, by whatever right the caller has: an emergency access, an authorisation, or the
    /// patient's own. As a message always, and in the forms asked for. It may be incomplete, and says what it does not know.
    /// </summary>
    /// <param name="request">The record, the forms (HTML, text, PDF) and the language.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The page.</returns>
    public Task<GetEmergencySummaryResponse> GetEmergencySummaryAsync(
        GetEmergencySummaryRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<GetEmergencySummaryRequest, GetEmergencySummaryResponse>(Care.GetEmergencySummaryAsync, request, cancellationToken);
}
