using CsCheck;
using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Record.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Grpc.Core;
using Xunit;
using StoredDocument = Dmp.Document.V1.Document;

namespace Dmp.Server.Tests.Events;

/// <summary>
/// Random changes by random people; a replica that each subscriber builds from the feed alone equals, whenever it is looked at, what the
/// same subscriber finds by searching. Nothing that a subscriber never could see is ever named to it.
/// </summary>
public sealed class ReplicaModelTests(Platform platform)
{
    private const int Rounds = 12;
    private const int StepsMax = 6;

    private static CancellationToken Token => Given.Token;

    [Fact]
    public async Task A_replica_is_what_a_search_shows() =>
        await Gen.Select(Gen.Int[0, 16], Gen.Int[0, 1_000_000]).Array[1, StepsMax].Array[Rounds]
            .SampleAsync(RunAsync, iter: 4, threads: 1, print: Print);

    private static string Print((int What, int Which)[][] rounds) => string.Join(" | ", rounds.Select(steps => string.Join(",", steps)));

    private async Task RunAsync((int What, int Which)[][] rounds)
    {
        var world = await World.CreateAsync(platform);
        foreach (var (steps, round) in rounds.Select((steps, round) => (steps, round)))
        {
            foreach (var (what, which) in steps)
            {
                await world.StepAsync(what, which);
            }

            // Not every subscriber looks after every round: some read late.
            for (var i = 0; i < world.Replicas.Count; i++)
            {
                if ((steps.Length + round) % 3 == i % 3)
                {
                    await world.Replicas[i].CatchUpAsync(world.Seen);
                }
            }
        }

        foreach (var replica in world.Replicas)
        {
            await replica.CatchUpAsync(world.Seen);
        }
    }

    /// <summary>A record, the people around it, and all that they can do.</summary>
    private sealed class World
    {
        private static readonly Coding otherType = new() { System = "2.16.840.1.113883.6.1", Code = "11502-2" };

        private readonly List<StoredDocument> documents = [];
        private readonly List<string> rules = [];
        private readonly List<Delegation.V1.Delegation> delegations = [];
        private readonly Dictionary<string, string> blocks = [];

        private World(Platform platform, OpenedRecord record, TestProfessional[] professionals)
        {
            Record = record;
            Professionals = professionals;
            Patient = platform.As(record.Patient);
            Author = platform.As(record.Physician);
            Caregiver = platform.As(TestPatient.New());
            Replicas =
            [
                new("author", Author, record.Id),
                new("patient", Patient, record.Id),
                new("caregiver", Caregiver, record.Id),
                .. professionals.Select((professional, i) => new Replica($"pro{i}", platform.As(professional), record.Id)),
            ];
        }

        public HashSet<string> Seen { get; } = [];

        public List<Replica> Replicas { get; }

        private OpenedRecord Record { get; }

        private TestProfessional[] Professionals { get; }

        private DmpApi Patient { get; }

        private DmpApi Author { get; }

        private DmpApi Caregiver { get; }

        public static async Task<World> CreateAsync(Platform platform)
        {
            var record = await platform.RecordAsync();
            TestProfessional[] professionals =
            [
                await platform.ColleagueAsync(record),
                await platform.ColleagueAsync(record, attending: true),
                TestProfessional.New() with { Profession = "60", Specialty = "" },
                TestProfessional.New(),
            ];
            var world = new World(platform, record, professionals);
            for (var i = 2; i < 5; i++)
            {
                await world.ChangeAsync(0, i);
            }

            foreach (var replica in world.Replicas)
            {
                await replica.LoadAsync();
                await replica.NoteAsync(world.Seen);
            }

            return world;
        }

        public async Task StepAsync(int what, int which)
        {
            try
            {
                await ChangeAsync(what, which);
            }
            catch (RpcException refused)
                when (refused.StatusCode is not (StatusCode.Internal or StatusCode.Unknown or StatusCode.InvalidArgument))
            {
                // What the state does not allow changes nothing: a deleted document, a closed record, a blocked actor.
            }

            foreach (var replica in Replicas)
            {
                await replica.NoteAsync(Seen);
            }
        }

        private async Task ChangeAsync(int what, int which)
        {
            var document = documents.Count > 0 ? documents[which % documents.Count] : null;
            var professional = Professionals[which % Professionals.Length];
            switch (what)
            {
                case 0 or 1:
                    documents.Add(await Author.UploadAsync(Record.Id, intent =>
                    {
                        intent.Metadata.Type = which % 3 == 0 ? otherType : Given.ReportType;
                        VisibilityCode[] codes = (which % 7) switch
                        {
                            0 => [VisibilityCode.MaskedFromProfessionals],
                            1 => [VisibilityCode.HiddenFromPatient],
                            _ => [],
                        };
                        intent.VisibilityCodes.Add(codes);
                    }));
                    break;
                case 2 when document is not null:
                    await Author.ReplaceAsync(document, intent => intent.Metadata.Type = which % 2 == 0 ? otherType : Given.ReportType);
                    break;
                case 3 when document is not null:
                    await Patient.MaskAsync(document);
                    break;
                case 4 when document is not null:
                    await Author.UnmaskAsync(document);
                    break;
                case 5 when document is not null && which % 3 == 0:
                    await Author.DeleteAsync(document);
                    break;
                case 6 when document is not null:
                    await Author.ArchiveAsync(document);
                    break;
                case 7 when document is not null:
                    await Author.Documents.RevealDocumentAsync(
                        new RevealDocumentRequest
                        {
                            RecordId = Record.Id,
                            DocumentId = document.DocumentId,
                            VisibilityCode = VisibilityCode.HiddenFromPatient,
                            RequestId = Given.NewId(),
                        },
                        cancellationToken: Token);
                    break;
                case 8:
                    rules.Add(await Patient.AddRuleAsync(Record.Id, Rule(document, professional, which)));
                    break;
                case 9 when rules.Count > 0:
                    await Patient.RemoveRuleAsync(Record.Id, rules[which % rules.Count]);
                    break;
                case 10:
                    await Patient.GrantAsync(Record.Id, professional.Actor);
                    break;
                case 11:
                    await RevokeAsync(professional);
                    break;
                case 12:
                    blocks[professional.Id] = await Patient.BlockAsync(Record.Id, professional.Actor);
                    break;
                case 13 when blocks.TryGetValue(professional.Id, out var block):
                    await Patient.UnblockAsync(Record.Id, block);
                    break;
                case 14 when which % 2 == 0:
                    await Patient.Records.CloseRecordAsync(
                        new CloseRecordRequest { RecordId = Record.Id, Reason = CloseReason.PatientRequest, RequestId = Given.NewId() },
                        cancellationToken: Token);
                    break;
                case 14:
                    await Patient.Records.ReopenRecordAsync(
                        new ReopenRecordRequest { RecordId = Record.Id, PatientInformed = true, RequestId = Given.NewId() },
                        cancellationToken: Token);
                    break;
                case 15:
                    await EntrustAsync();
                    break;
                case 16 when delegations.Count > 0:
                    await Patient.RevokeAsync(delegations[which % delegations.Count]);
                    break;
            }
        }

        private async Task EntrustAsync() => delegations.Add(await Caregiver.AcceptAsync((await Patient.InviteAsync(Record.Id)).Code));

        private static VisibilityRule Rule(StoredDocument? document, TestProfessional professional, int which)
        {
            var rule = new VisibilityRule { Effect = VisibilityEffect.Hide };
            if (which % 5 == 0 && document is not null)
            {
                return new VisibilityRule { Effect = VisibilityEffect.Show, DocumentId = document.DocumentId, Actor = professional.Actor };
            }

            if (which % 2 == 0 && document is not null)
            {
                rule.DocumentId = document.DocumentId;
            }
            else
            {
                rule.Type = which % 3 == 0 ? otherType : Given.ReportType;
            }

            if (which % 4 < 2)
            {
                rule.Actor = professional.Actor;
            }
            else
            {
                rule.Profession = new Coding { System = "1.2.250.1.71.1.2.7", Code = "10" };
            }

            return rule;
        }

        private async Task RevokeAsync(TestProfessional professional)
        {
            var consents = await Patient.Consents.ListConsentsAsync(
                new ListConsentsRequest { RecordId = Record.Id }, cancellationToken: Token);
            if (consents.Consents.FirstOrDefault(consent => consent.Actor.Id == professional.Id) is { } consent)
            {
                await Patient.RevokeAsync(consent);
            }
        }
    }
}
