using Dmp.Error.V1;
using Dmp.Fhir;
using Dmp.Server.Errors;
using Dmp.Server.Media;
using Dmp.Storage;

namespace Dmp.Server.Intake;

/// <summary>
/// Reads what FHIR documents say of themselves. References lead anywhere in one, so all of it is in memory meanwhile: documents have a
/// bound of their own, and larger ones wait for their turn.
/// </summary>
internal sealed class FhirHeaders(TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim turns = new(FhirBytes.LargeAtOnce);

    public void Dispose() => turns.Dispose();

    /// <summary>The header, or why there is none. Throws DOCUMENT_TOO_LARGE.</summary>
    public async Task<FhirHeaderResult> ReadAsync(IContentReader reader, CancellationToken ct)
    {
        if (reader.Length > FhirBytes.Max)
        {
            throw Failures.Of(ErrorReason.DocumentTooLarge, ("limit_bytes", $"{FhirBytes.Max}"));
        }

        if (reader.Length <= FhirBytes.SmallMax)
        {
            return await ReadInTurnAsync(reader, ct);
        }

        await turns.WaitAsync(ct);
        try
        {
            return await ReadInTurnAsync(reader, ct);
        }
        finally
        {
            turns.Release();
        }
    }

    private async Task<FhirHeaderResult> ReadInTurnAsync(IContentReader reader, CancellationToken ct) =>
        FhirReader.ReadHeader(await FhirBytes.TakeAsync(reader, ct), FhirBytes.Options(time));
}
