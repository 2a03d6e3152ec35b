using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static Dmp.Server.Tests.Facts.StatingText;

namespace Dmp.Server.Tests.Access;

/// <summary>A decision that is used again shows nothing that was taken away (ADR 0037).</summary>
public sealed class RememberedFactsTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Reads of the property below; the drill of 100,000 takes some minutes.</summary>
    private static int Reads =>
        int.TryParse(Environment.GetEnvironmentVariable("DMP_REUSE_READS"), out var reads) ? reads : 1_000;

    /// <summary>
    /// Two servers on one database. A patient revokes and grants on one of them, professionals search and read on both: what begins after a
    /// revocation was answered, and ends before the next grant is asked for, is refused.
    /// </summary>
    [Fact]
    public async Task No_read_on_two_servers_sees_what_a_revocation_took_away()
    {
        await using var other = await platform.Server.StartBesideAsync(platform);
        var record = await platform.RecordAsync();
        var reader = TestProfessional.New();
        var owner = platform.As(record.Patient);
        var physician = platform.As(record.Physician);
        var document = await UploadAsync(physician, record, Of(record, Body("PLAVIX")));
        Assert.Equal(["PLAVIX"], Medicines(await ReadAsync(physician, record.Id)));
        DmpApi[] readers = [platform.As(reader), new(other.Channel, platform.Callers.Token(reader))];

        // Odd: granted, and even: revoked. It moves before a grant is asked for, and after a revocation was answered.
        var state = 0;
        var (seen, refused, wrong) = (0, 0, 0);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var changing = Task.Run(
            async () =>
            {
                while (!ending.IsCancellationRequested)
                {
                    Interlocked.Increment(ref state);
                    var consent = await owner.GrantAsync(record.Id, reader.Actor);
                    await Task.Yield();
                    await owner.RevokeAsync(consent);
                    Interlocked.Increment(ref state);
                }
            },
            Token);
        await Parallel.ForAsync(0, Reads, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Token }, async (i, _) =>
        {
            var api = readers[i % readers.Length];
            var before = Volatile.Read(ref state);
            try
            {
                // Without the consent a search finds what the professional deposited, which is nothing.
                var isSeen = (i % 5) switch
                {
                    0 => (await api.Documents.GetDocumentAsync(
                        new() { RecordId = record.Id, DocumentId = document.DocumentId }, cancellationToken: Token)).Document is not null,
                    1 => (await api.Facts.ListFactsAsync(new() { RecordId = record.Id }, cancellationToken: Token)).Documents.Count > 0,
                    2 => (await api.Interactions.CheckRecordInteractionsAsync(
                        new() { RecordId = record.Id, StatedFrom = new() }, cancellationToken: Token)).Report.Medicines.Count > 0,
                    3 => (await api.Search.SearchContentAsync(
                        new() { RecordId = record.Id, Text = "plavix" }, cancellationToken: Token)).FoundCount > 0,
                    _ => (await api.SearchIdsAsync(record.Id)).Count > 0,
                };
                Interlocked.Increment(ref isSeen ? ref seen : ref refused);
                if (isSeen && before % 2 == 0 && Volatile.Read(ref state) == before)
                {
                    Interlocked.Increment(ref wrong);
                }
            }
            catch (RpcException refusal)
                when (refusal.StatusCode is StatusCode.PermissionDenied or StatusCode.NotFound or StatusCode.Aborted)
            {
                // Aborted: it changed under each attempt to list what documents state.
                Interlocked.Increment(ref refused);
            }
        });
        await ending.CancelAsync();
        await changing;

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Reads} reads, {seen} answered, {refused} refused, {state / 2} revocations, {wrong} wrong");
        Assert.Equal(0, wrong);
        Assert.True(seen > 0 && refused > 0, $"{seen} answered, {refused} refused");
    }

    [Fact]
    public async Task A_remembered_decision_is_used_and_ends_with_the_next_change()
    {
        var record = await platform.RecordAsync();
        var physician = platform.As(record.Physician);
        await physician.UploadAsync(record.Id);
        await physician.SearchIdsAsync(record.Id);
        var remembered = platform.Server.Services.GetRequiredService<RememberedFacts>();
        var subject = await platform.Server.QueryAsync<string>(
            platform, $"select subject from audit_event where record_id = '{record.Id}' and actor_id = '{record.Physician.Id}' limit 1");
        FactsKey key = new(subject, record.Physician.Id, record.Physician.StructureId, false, Guid.Parse(record.Id));

        // The change of the upload itself ends what was remembered before it was told.
        await Waiting.UntilAsync(async () =>
        {
            var known = remembered.Find(key, DateTimeOffset.UtcNow);
            Assert.Single(await physician.SearchIdsAsync(record.Id));
            return known is not null && ReferenceEquals(known, remembered.Find(key, DateTimeOffset.UtcNow));
        });

        // Blocked, the physician would not even find what the physician deposited.
        await platform.As(record.Patient).BlockAsync(record.Id, record.Physician.Actor);
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => physician.SearchIdsAsync(record.Id));
    }

    [Theory]
    [InlineData(1, null, null, 1)]
    [InlineData(-1, null, null, 10)]
    [InlineData(-1, 2, null, 2)]
    [InlineData(5, 7, 3, 3)]
    [InlineData(60, 70, 80, 10)]
    public void Facts_hold_until_the_first_of_their_times(int majority, int? guardianship, int? end, int expected)
    {
        var now = DateTimeOffset.UtcNow;
        using RememberedFacts remembered = new();
        FactsKey key = new("s", "p", null, false, Guid.NewGuid());
        remembered.Keep(
            key,
            new AccessFacts
            {
                RecordId = key.RecordId,
                InsNumber = "",
                State = 1,
                DocumentsMaskedByDefault = false,
                IsBlocked = false,
                IsAttending = false,
                WasEverAuthorized = true,
                AwaitsReapproval = false,
                MajorityTime = now.AddMinutes(majority),
                IsRepresented = false,
                GuardianshipUntil = guardianship is { } minutes ? now.AddMinutes(minutes) : null,
                NextEndTime = end is { } ends ? now.AddMinutes(ends) : null,
                EmergencyBreakGlassAllowed = true,
                EmergencyRegulationAllowed = true,
                EmergencyMaskedAllowed = false,
                SecretActsHiddenFromStaff = false,
            },
            default,
            now);
        Assert.NotNull(remembered.Find(key, now.AddMinutes(expected).AddSeconds(-1)));
        Assert.Null(remembered.Find(key, now.AddMinutes(expected)));
    }
}
