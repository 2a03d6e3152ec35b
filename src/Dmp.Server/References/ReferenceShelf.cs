using Dmp.Error.V1;
using Dmp.Interactions;
using Dmp.Interactions.Checks;
using Dmp.Interactions.Medicines;
using Dmp.Interactions.Thesauri;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Storage;

namespace Dmp.Server.References;

/// <summary>
/// The published files that are in force, read and ready. Looks every few seconds whether other ones are: an edition that an operator
/// activates is used by every server soon after, and each answer names its own.
/// </summary>
internal sealed class ReferenceShelf(Database database, IHostEnvironment environment, TimeProvider time, ILogger<ReferenceShelf> logger)
    : BackgroundService
{
    private static readonly TimeSpan pollInterval = TimeSpan.FromSeconds(5);

    private InteractionReference? interactions;
    private string? failureTold;

    /// <summary>The rules and products in force.</summary>
    /// <exception cref="Grpc.Core.RpcException">REFERENCE_DATA_MISSING: there are no rules.</exception>
    public InteractionReference Interactions =>
        Volatile.Read(ref interactions) ?? throw Failures.Of(ErrorReason.ReferenceDataMissing, ("kind", ReferenceSql.Thesaurus));

    /// <summary>Reads what is in force before the first call comes.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await LookGuardedAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(pollInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await LookGuardedAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private static ReferenceOrigin? Origin(IReadOnlyList<ReferenceEditionRow> inForce, string kind) =>
        inForce.FirstOrDefault(edition => edition.Kind == kind) is { } edition
            ? new ReferenceOrigin(edition.EditionId, edition.Name, edition.Source, edition.Sha256, edition.EffectiveTime)
            : null;

    private static bool IsSame(ReferenceOrigin? one, ReferenceOrigin? other) =>
        one?.EditionId == other?.EditionId && one?.EffectiveTime == other?.EffectiveTime && (one is null) == (other is null);

    private static PublishedFile ToFile(ReferenceFileRow row) => new(row.Name, () => PackedFile.Open(row.Content, row.SizeBytes));

    private async Task LookGuardedAsync(CancellationToken ct)
    {
        try
        {
            await LookAsync(ct);
            failureTold = null;
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            // Once, and not each time it is tried again.
            if (failureTold != failure.Message)
            {
                ReferenceLog.ReadingFailed(logger, failure);
                failureTold = failure.Message;
            }
        }
    }

    private async Task LookAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var inForce = await database.OnConnectionAsync(connection => ReferenceSql.InForceAsync(connection, now, ct), ct);
        var isSandbox = SandboxOptions.IsSandbox(environment.EnvironmentName);
        var thesaurus = Origin(inForce, ReferenceSql.Thesaurus) ?? (isSandbox ? SandboxEdition.Thesaurus : null);
        var medicines = Origin(inForce, ReferenceSql.Medicines) ?? (isSandbox ? SandboxEdition.Medicines : null);
        var known = Volatile.Read(ref interactions);
        if (thesaurus is null || (IsSame(known?.Thesaurus, thesaurus) && IsSame(known?.MedicinesEdition, medicines)))
        {
            return;
        }

        var table = medicines is null ? null
            : IsSame(known?.MedicinesEdition, medicines) ? known!.Medicines
            : BdpmFiles.Read(medicines.Name, [.. (await FilesAsync(medicines, ct)).Values]).Table;
        var rules = ThesaurusFiles.Read(thesaurus.Name, await FilesAsync(thesaurus, ct)).Thesaurus;
        Volatile.Write(ref interactions, new InteractionReference(new InteractionChecker(rules, table), thesaurus, medicines, table));
        ReferenceLog.InForce(logger, thesaurus.Name, medicines?.Name ?? "none");
    }

    private async Task<IReadOnlyDictionary<string, PublishedFile>> FilesAsync(ReferenceOrigin edition, CancellationToken ct) =>
        edition.EditionId is { } editionId
            ? (await database.OnConnectionAsync(connection => ReferenceSql.FilesAsync(connection, editionId, ct), ct))
                .ToDictionary(row => row.Part, ToFile)
            : SandboxEdition.FilesOf(edition);
}
