using Dmp.Care.V1;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>
    /// Finds what was examined before, beside what is about to be ordered: the same code, panel, or region and modality, and documents
    /// without entries whose title names it. Whether a result still stands is for whoever orders.
    /// </summary>
    /// <param name="request">The record and the code; without <c>window</c>, what the operator's table says.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What counts, newest first, and what does not, with the reason.</returns>
    public async Task<ComparableExams> FindComparableExamsAsync(
        FindComparableExamsRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<FindComparableExamsRequest, FindComparableExamsResponse>(
            Care.FindComparableExamsAsync, request, cancellationToken).ConfigureAwait(false)).Exams;

    /// <summary>
    /// Shows the values of one observation over time in one unit, with the ranges that were stated with them; with <c>plot</c> as SVG that
    /// prints too. What cannot be converted is told.
    /// </summary>
    /// <param name="request">The record and the code; without <c>unit</c>, the one of the newest value.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A series for each specimen, oldest value first, and what is in none.</returns>
    public async Task<Trend> GetTrendAsync(GetTrendRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<GetTrendRequest, GetTrendResponse>(Care.GetTrendAsync, request, cancellationToken).ConfigureAwait(false)).Trend;
}
