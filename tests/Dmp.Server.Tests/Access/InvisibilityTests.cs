using Dmp.Access.V1;
using Dmp.Care.V1;
using Dmp.CareTeam.V1;
using Dmp.Consent.V1;
using Dmp.Delegation.V1;
using Dmp.Document.V1;
using Dmp.Emergency.V1;
using Dmp.Facts.V1;
using Dmp.Interactions.V1;
using Dmp.Record.V1;
using Dmp.Search.V1;
using Dmp.Server.Calls;
using Dmp.Server.Tests.Documents.Import;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Proofs;
using Dmp.Type.V1;
using Dmp.Wishes.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Access;

/// <summary>
/// Hidden means absent: every answer of every method to everybody is the same, byte by byte, on a record with hidden documents and on
/// the same record from which they were cut out of the database; and a hidden document's id is as good as one that was never given.
/// </summary>
public sealed class InvisibilityTests(Platform platform)
{
    /// <summary>For whatever is not compared: a repeated request must be the same request.</summary>
    private const string AnyId = "5f0c1f86-6c52-4f54-9d0c-0d2f6d0c7a10";

    private static readonly string[] kinds = ["plain", "masked", "waiting", "secret", "closed-type", "ruled-out", "deleted"];

    /// <summary>Who, and which kinds of documents do not exist for them.</summary>
    private static readonly Dictionary<string, string[]> personas = new()
    {
        ["colleague"] = ["masked", "ruled-out"],
        ["dentist"] = ["masked", "closed-type"],
        ["attending"] = [],
        ["occupational"] = ["masked"],
        ["emergency"] = ["masked"],
        ["stranger"] = kinds,
        ["blocked"] = kinds,
        ["structure"] = kinds,
        ["staff"] = kinds,
        ["practice"] = ["secret"],
        ["patient"] = ["waiting"],
        ["representative"] = ["waiting", "secret"],
        ["auditor"] = kinds,
    };

    /// <summary>Methods that answer nothing of documents, or whose repetition would change what is compared.</summary>
    private static readonly string[] left =
    [
        "OpenRecord", "CloseRecord", "ReopenRecord", "UpdateRecord", "ResignAttendingPhysician", "ReapproveConsents", "OpenEmergencyAccess",
        "AcknowledgeEmergencyAccess", "ListUnacknowledgedAccesses", "RecognizeCareTeam", "RegisterCareTeam", "SetCareTeamMembers",
        "InviteDelegate", "AcceptDelegation", "RefuseDelegation", "RevokeDelegation", "SetGuardianship",
        "SetEmergencyContacts", "StateOrganDonation", "StateAdvanceDirectives", "RevokeWish", "InviteTrustedPerson", "AcceptTrustedPerson",
        "RefuseTrustedPerson", "EndTrustedPerson", "AddOwnEntry",

        // About uploads of the caller by the caller's own request ids; ResumeTests look at what they tell to others.
        "GetUploadStatus", "CancelUpload",

        // Its answers are those of UploadDocument inside of a call that ends well; ImportTests compare.
        "ImportDocuments",

        // They know of no record.
        "CheckInteractions", "LookupCodes", "ListConcepts", "ListCodeLists",

        // Of the caller's own deposits, in no record; FindMissingContentTests look at what it tells of those of others.
        "FindMissingContent",

        // Notices are made after the calls, at no moment that two records could share; NoticeTests look at what is told of hidden
        // documents.
        "GetNoticePreferences", "UpdateNoticePreferences", "ListNotices", "GetNoticeContact", "SetNoticeContact", "ListDeadLetters",
        "RetryNotice",

        // The trace of the comparing calls themselves is in it; HiddenDocumentTraceTests look at what it tells.
        "ListRecordEvents", "ListActorEvents", "ListCallEvents",

        // As these, with hashes over random salts; RecordProofTests look at what they tell. The log itself tells nothing of documents.
        "GetInclusionProof", "ExportRecordEvents", "GetCheckpoint", "GetConsistencyProof",
        // The feed tells the end of what was seen once, which is not cut out with the document; Events/HiddenFromBirthTests compare.
        "Subscribe", "Pull", "CommitPosition", "GetPosition",
    ];

    private static readonly Timestamp lately = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private static readonly Timestamp longAgo = Timestamp.FromDateTimeOffset(new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public static TheoryData<string> Personas => [.. personas.Keys];

    private static IEnumerable<MethodDescriptor> Methods => OfferedServices.All.SelectMany(service => service.Methods);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_method_is_compared_or_left_out_for_a_reason()
    {
        var record = new OpenedRecord(TestPatient.New(), TestProfessional.New(), new Record.V1.Record { RecordId = Given.NewId() });
        Assert.Equal(
            Methods.Select(method => method.Name).Order(StringComparer.Ordinal),
            Methods.Where(method => Requests(method, record, Given.NewId()).Any()).Select(method => method.Name).Concat(left)
                .Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Personas))]
    public async Task Hidden_is_absent(string persona)
    {
        var hiddenKinds = personas[persona];
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var caller = await CallerAsync(persona, record);
        var documents = await FillAsync(record, persona);
        var hidden = documents.Where(document => hiddenKinds.Contains(document.Kind)).Select(document => document.Id).ToList();
        var visible = documents.Select(document => document.Id).Except(hidden).ToList();

        // What waits to be read is told by the time, and not by what is hidden.
        await Waiting.UntilAsync(async () => await platform.Server.QueryAsync<long>(
            platform, $"select count(*) from document_facts where record_id = '{record.Id}' and due_time is not null") == 0);
        await NeverGivenAsync(caller, record, hidden.Take(kinds.Length));
        var before = await AnswersAsync(caller, record, visible);
        await CutOutAsync(hidden);
        var after = await AnswersAsync(caller, record, visible);

        Assert.Equal(before.Keys, after.Keys);
        Assert.All(before, answer => Assert.Equal((answer.Key, answer.Value), (answer.Key, after[answer.Key])));
        Assert.True(before.Count > 40, "too little was compared");
    }

    /// <summary>
    /// The id of a hidden document, given to every method that takes one, answers like an id that nobody gave out. To somebody without
    /// a right on the record an explanation is about the record, whatever the id.
    /// </summary>
    private static async Task NeverGivenAsync(DmpApi caller, OpenedRecord record, IEnumerable<string> hidden)
    {
        foreach (var method in Methods)
        {
            var randomId = Given.NewId();
            var random = Requests(method, record, randomId).ToList();
            foreach (var id in hidden)
            {
                foreach (var (request, other) in Requests(method, record, id).Zip(random))
                {
                    if (request.Equals(other) || !request.ToString()!.Contains(id, StringComparison.Ordinal))
                    {
                        continue;
                    }

                    var (ofHidden, _) = await RawAnswer.OfAsync(caller, method, request);
                    var (ofRandom, _) = await RawAnswer.OfAsync(caller, method, other);
                    Assert.Equal((method.Name, ofRandom), (method.Name, ofHidden));
                    Assert.True(ofHidden.Status != StatusCode.OK || method.Name == "ExplainAccess", $"{method.Name} answers");
                }
            }
        }
    }

    /// <summary>Every answer, by method and request; pages are followed to their end.</summary>
    private static async Task<Dictionary<string, RawAnswer>> AnswersAsync(DmpApi caller, OpenedRecord record, List<string> visible)
    {
        var answers = new Dictionary<string, RawAnswer>();
        foreach (var method in Methods)
        {
            var requests = visible.Take(3).SelectMany(id => Requests(method, record, id))
                .Concat(Requests(method, record, "00000000-0000-4000-8000-000000000000"))
                .DistinctBy(request => request.ToString());
            foreach (var request in requests)
            {
                var (pages, name) = (0, request.ToString());
                for (var next = request; next is not null; pages++)
                {
                    var (answer, messages) = await RawAnswer.OfAsync(caller, method, next);
                    (answer, next) = WithoutToken(method, next, answer, messages);
                    answers[$"{method.Name} {name} page {pages}"] = answer;
                }
            }
        }

        return answers;
    }

    /// <summary>
    /// Page tokens are encrypted anew for each answer: what counts is whether there is one. Of what is only tried, the effect.
    /// </summary>
    private static (RawAnswer Answer, IMessage? Next) WithoutToken(
        MethodDescriptor method, IMessage request, RawAnswer answer, List<byte[]> messages)
    {
        var token = method.OutputType.FindFieldByName("next_page_token");
        if (messages.Count > 0 && method.OutputType.FindFieldByName("effect") is { } effect)
        {
            // What would be made would get a new id and the time of the call; what it would change is compared.
            var tried = (IMessage?)effect.Accessor.GetValue(method.OutputType.Parser.ParseFrom(messages[0]));
            return (answer with { Content = tried is null ? "" : Convert.ToHexString(tried.ToByteArray()) }, null);
        }

        if (token is null || messages.Count == 0)
        {
            return (answer, null);
        }

        var response = method.OutputType.Parser.ParseFrom(messages[0]);
        var value = (string)token.Accessor.GetValue(response);
        token.Accessor.SetValue(response, value.Length > 0 ? "there is a next page" : "");
        var next = value.Length > 0 ? method.InputType.Parser.ParseFrom(request.ToByteArray()) : null;
        next?.Descriptor.FindFieldByName("page_token").Accessor.SetValue(next, value);
        return (answer with { Content = Convert.ToHexString(response.ToByteArray()) }, next);
    }

    /// <summary>What is asked of a method about a record and a document; nothing for those left out.</summary>
    private static IEnumerable<IMessage> Requests(MethodDescriptor method, OpenedRecord record, string documentId) => method.Name switch
    {
        "GetRecord" => [new GetRecordRequest { RecordId = record.Id }],
        "CheckAccess" => [new CheckAccessRequest { Ins = record.Patient.Ins }],
        "ListRecords" => [new ListRecordsRequest()],
        "UploadDocument" => [new UploadDocumentRequest { Intent = Replacing(record.Id, documentId) }],
        "ReadDocument" =>
        [
            new ReadDocumentRequest { RecordId = record.Id, DocumentId = documentId },
            new ReadDocumentRequest { RecordId = record.Id, DocumentId = documentId, Version = 1, ReadOffset = 10, ReadLimit = 5 },
        ],
        "GetDocument" => [new GetDocumentRequest { RecordId = record.Id, DocumentId = documentId }],
        "SearchDocuments" => Searches(record.Id),
        "ListFacts" =>
        [
            new ListFactsRequest { RecordId = record.Id, PageSize = 1 },
            new ListFactsRequest { RecordId = record.Id, PageSize = 3, Kinds = { FactKind.Allergy } },
            new ListFactsRequest { RecordId = record.Id },
        ],
        "SearchContent" =>
        [
            new SearchContentRequest { RecordId = record.Id, Text = "essai" },
            new SearchContentRequest { RecordId = record.Id, Text = "a", OpenEnd = true, Order = HitOrder.Newest, HitsMax = 100 },
            new SearchContentRequest { RecordId = record.Id, Text = "arachide" },
        ],
        "CheckRecordInteractions" =>
        [
            new CheckRecordInteractionsRequest { RecordId = record.Id, StatedFrom = longAgo },
            new CheckRecordInteractionsRequest
            {
                RecordId = record.Id, StatedFrom = longAgo, Proposed = { new Medicine { SubstanceName = "warfarine" } },
            },
        ],
        "GetMedicationStatement" =>
        [
            new GetMedicationStatementRequest { RecordId = record.Id, At = longAgo, StatedFrom = longAgo },
            new GetMedicationStatementRequest { RecordId = record.Id, At = lately, StatedFrom = longAgo, IncludeEnded = true },
        ],
        "GetEmergencySummary" =>
        [
            new GetEmergencySummaryRequest { RecordId = record.Id, At = lately },
            new GetEmergencySummaryRequest
            {
                RecordId = record.Id, At = lately, LanguageCode = "en",
                Formats = { SummaryFormat.Html, SummaryFormat.Text, SummaryFormat.Pdf, SummaryFormat.Ips },
            },
        ],
        "FindComparableExams" =>
        [
            new FindComparableExamsRequest
            {
                RecordId = record.Id, At = lately, Code = new() { System = "2.16.840.1.113883.6.1", Code = "3016-3" },
            },
            new FindComparableExamsRequest
            {
                RecordId = record.Id, At = lately, Code = new() { System = "1.2.250.1.213.2.5", Code = "ZBQK001" }, IncludeRelated = true,
                Window = Duration.FromTimeSpan(TimeSpan.FromDays(30)), TitleWords = { "rapport", "compte rendu", "report" },
            },
        ],
        "GetTrend" =>
        [
            new GetTrendRequest { RecordId = record.Id, Code = new() { System = "2.16.840.1.113883.6.1", Code = "3016-3" }, Plot = true },
        ],
        "GetTimeline" =>
        [
            new GetTimelineRequest { RecordId = record.Id, At = lately },
            new GetTimelineRequest
            {
                RecordId = record.Id, At = lately, Order = TimelineOrder.EssentialFirst, NewSince = longAgo, OnlyNew = true,
            },
        ],
        "GetWishes" => [new GetWishesRequest { RecordId = record.Id }],
        "ListWishVersions" => [new ListWishVersionsRequest { RecordId = record.Id }],
        "ListTrustedPersons" => [new ListTrustedPersonsRequest { RecordId = record.Id }],
        "GetSubmissionSet" => [new GetSubmissionSetRequest { RecordId = record.Id, SubmissionSetId = documentId }],
        "ListSubmissionSets" =>
        [
            new ListSubmissionSetsRequest { RecordId = record.Id, PageSize = 1 },
            new ListSubmissionSetsRequest { RecordId = record.Id, PageSize = 2 },
            new ListSubmissionSetsRequest { RecordId = record.Id },
        ],
        // An etag that no document has: of one that is there the answer is ETAG_MISMATCH, and nothing changes.
        "MaskDocument" =>
            [new MaskDocumentRequest { RecordId = record.Id, DocumentId = documentId, RequestId = AnyId, ValidateOnly = true }],
        "UnmaskDocument" =>
            [new UnmaskDocumentRequest { RecordId = record.Id, DocumentId = documentId, RequestId = AnyId, ValidateOnly = true }],
        "RevealDocument" =>
        [
            new RevealDocumentRequest
            {
                RecordId = record.Id, DocumentId = documentId, Etag = "\"none\"", RequestId = AnyId,
                VisibilityCode = VisibilityCode.HiddenFromPatient,
            },
        ],
        "HideDocument" => [new HideDocumentRequest { RecordId = record.Id, DocumentId = documentId, Etag = "\"none\"", RequestId = AnyId }],
        "ArchiveDocument" =>
            [new ArchiveDocumentRequest { RecordId = record.Id, DocumentId = documentId, Etag = "\"none\"", RequestId = AnyId }],
        "UnarchiveDocument" =>
            [new UnarchiveDocumentRequest { RecordId = record.Id, DocumentId = documentId, Etag = "\"none\"", RequestId = AnyId }],
        "DeleteDocument" =>
            [new DeleteDocumentRequest { RecordId = record.Id, DocumentId = documentId, Etag = "\"none\"", RequestId = AnyId }],

        "DeclareConsent" =>
            [
                new DeclareConsentRequest
                {
                    RecordId = record.Id,
                    Collection = ConsentCollection.Remote,
                    RequestId = "no id: the fields are told",
                },
            ],
        "GrantConsent" => [new GrantConsentRequest { RecordId = record.Id, RequestId = "no id: the fields are told" }],
        "RevokeConsent" => [new RevokeConsentRequest { RecordId = record.Id, ConsentId = AnyId, RequestId = AnyId, ValidateOnly = true }],
        "ListConsents" => [new ListConsentsRequest { RecordId = record.Id }],
        "BlockActor" => [new BlockActorRequest { RecordId = record.Id, RequestId = "no id: the fields are told" }],
        "UnblockActor" => [new UnblockActorRequest { RecordId = record.Id, BlockId = AnyId, RequestId = AnyId, ValidateOnly = true }],
        "ListBlocks" => [new ListBlocksRequest { RecordId = record.Id }],
        "GetConsentSettings" => [new GetConsentSettingsRequest { RecordId = record.Id }],
        "UpdateConsentSettings" =>
        [
            new UpdateConsentSettingsRequest
            {
                RecordId = record.Id,
                Settings = new ConsentSettings { EmergencyMaskedAllowed = true },
                UpdateMask = new() { Paths = { "emergency_masked_allowed" } },
                Etag = "\"1\"",
                RequestId = AnyId,
                ValidateOnly = true,
            },
        ],
        "AddVisibilityRule" =>
            [new AddVisibilityRuleRequest { RecordId = record.Id, Rule = Rule(documentId), RequestId = AnyId, ValidateOnly = true }],
        "RemoveVisibilityRule" =>
            [new RemoveVisibilityRuleRequest { RecordId = record.Id, VisibilityRuleId = AnyId, RequestId = AnyId, ValidateOnly = true }],
        "ListVisibilityRules" => [new ListVisibilityRulesRequest { RecordId = record.Id }],
        "FindRecords" =>
            [new FindRecordsRequest { BirthFamilyName = "ESSAI", BirthDate = record.Patient.Traits.BirthDate, Sex = Sex.Female }],
        "ListEmergencyAccesses" => [new ListEmergencyAccessesRequest { RecordId = record.Id }],
        "ExplainAccess" =>
        [
            new ExplainAccessRequest { RecordId = record.Id, DocumentId = documentId },
            new ExplainAccessRequest { RecordId = record.Id, DocumentId = documentId, Actor = record.Physician.Actor },
        ],
        "ListWhoCanSee" => [new ListWhoCanSeeRequest { RecordId = record.Id, DocumentId = documentId }],
        "SimulateAccess" => [new SimulateAccessRequest { RecordId = record.Id, Actor = record.Physician.Actor, PageSize = 3 }],
        "ListFunctions" => [new ListFunctionsRequest { RecordId = record.Id }],
        "ListCareTeams" => [new ListCareTeamsRequest { RecordId = record.Id }],
        "ListDelegations" => [new ListDelegationsRequest { RecordId = record.Id }],
        _ => [],
    };

    private static IEnumerable<IMessage> Searches(string recordId)
    {
        foreach (var pageSize in new[] { 1, 2, 3, 200 })
        {
            yield return new SearchDocumentsRequest { RecordId = recordId, PageSize = pageSize };
        }

        DocumentStatus[] all = [DocumentStatus.Approved, DocumentStatus.Deprecated, DocumentStatus.Archived, DocumentStatus.Deleted];
        yield return new SearchDocumentsRequest { RecordId = recordId, PageSize = 2, Statuses = { all } };
        yield return new SearchDocumentsRequest { RecordId = recordId, Statuses = { DocumentStatus.Deleted } };
        yield return new SearchDocumentsRequest { RecordId = recordId, Types_ = { Given.ReportType }, PageSize = 2 };
        yield return new SearchDocumentsRequest { RecordId = recordId, UniqueId = "masked-0" };
        yield return new SearchDocumentsRequest { RecordId = recordId, UniqueId = "waiting-1" };
        yield return new SearchDocumentsRequest { RecordId = recordId, UniqueId = "secret-1" };
    }

    private static UploadIntent Replacing(string recordId, string documentId)
    {
        var intent = Given.Intent(recordId);
        intent.RequestId = AnyId;
        intent.ReplacesDocumentId = documentId;
        intent.Etag = "\"none\"";
        intent.ValidateOnly = true;
        return intent;
    }

    private static VisibilityRule Rule(string documentId) => new()
    {
        Effect = VisibilityEffect.Hide,
        DocumentId = documentId,
        Profession = new Coding { System = "1.2.250.1.71.1.2.7", Code = "91" },
    };

    private async Task<DmpApi> CallerAsync(string persona, OpenedRecord record)
    {
        var colleague = TestProfessional.New();
        switch (persona)
        {
            case "colleague":
            case "attending":
                await platform.ColleagueAsync(record, attending: persona == "attending", who: colleague);
                await platform.As(record.Patient).Consents.AddVisibilityRuleAsync(
                    new AddVisibilityRuleRequest
                    {
                        RecordId = record.Id,
                        Rule = new VisibilityRule
                        {
                            Effect = VisibilityEffect.Hide,
                            AuthorId = "ruled-out-author",
                            Actor = persona == "colleague" ? colleague.Actor : TestProfessional.New().Actor,
                        },
                        RequestId = Given.NewId(),
                    },
                    cancellationToken: Token);
                return platform.As(colleague);
            case "dentist":
                return platform.As(await platform.ColleagueAsync(record, who: colleague with { Profession = "40", Specialty = "" }));
            case "occupational":
                var occupational = colleague with { Specialty = "SM25", Sector = "SA66" };
                await platform.As(record.Patient).Consents.GrantConsentAsync(
                    new GrantConsentRequest { RecordId = record.Id, Actor = occupational.Actor, RequestId = Given.NewId() },
                    cancellationToken: Token);
                return platform.As(occupational);
            case "emergency":
                await platform.As(colleague).Emergencies.OpenEmergencyAccessAsync(
                    new OpenEmergencyAccessRequest
                    {
                        RecordId = record.Id,
                        Mode = EmergencyMode.BreakGlass,
                        Reason = "Patient inconscient, détresse respiratoire",
                        RequestId = Given.NewId(),
                    },
                    cancellationToken: Token);
                return platform.As(colleague);
            case "blocked":
                await platform.As(record.Patient).Consents.BlockActorAsync(
                    new BlockActorRequest { RecordId = record.Id, Actor = colleague.Actor, RequestId = Given.NewId() },
                    cancellationToken: Token);
                return platform.As(colleague);
            case "structure":
                return platform.AsStructure(colleague.StructureId);
            case "staff":
                return platform.As(platform.Callers.StructureToken(colleague.StructureId, "secretary-1"));
            case "practice":
                // Where everything is deposited; the patient keeps secret acts from the staff.
                await platform.As(record.Patient).HideSecretActsFromStaffAsync(record.Id);
                return platform.AsStructure(record.Physician.StructureId);
            case "patient":
                return platform.As(record.Patient);
            case "representative":
                return platform.AsRepresentativeOf(record.Patient);
            case "auditor":
                return platform.AsAuditor();
            default:
                return platform.As(colleague);
        }
    }

    /// <summary>Two documents of each kind, taking turns in the order of searches.</summary>
    private async Task<List<(string Kind, string Id)>> FillAsync(OpenedRecord record, string persona)
    {
        var author = platform.As(record.Physician);
        var documents = new List<(string, string)>();
        List<(string Kind, UploadIntent Intent)> together = [];
        for (var i = 0; i < 2; i++)
        {
            foreach (var kind in kinds)
            {
                var intent = Describe(record, kind, i, documents.Count + together.Count);
                if (i == 1 && kind != "deleted")
                {
                    together.Add((kind, intent));
                    continue;
                }

                var stored = await author.UploadAsync(intent, Given.Text());
                if (kind == "deleted")
                {
                    await author.Documents.DeleteDocumentAsync(
                        new DeleteDocumentRequest { RecordId = record.Id, DocumentId = stored.DocumentId, RequestId = Given.NewId() },
                        cancellationToken: Token);
                }

                documents.Add((kind, stored.DocumentId));
            }
        }

        // Sets with something hidden among the rest, and sets of which everything is; without what tells of all documents at once.
        foreach (var chunk in together.Chunk(2).Append(
            [.. together.Where(one => one.Kind is "masked" or "waiting").Select(one => (one.Kind, Describe(record, one.Kind, 2, 40)))]))
        {
            var (set, stored) = await Importing.SetAsync(
                author, Importing.SetOf(chunk.Select(one => one.Item2)), chunk.Select(one => (one.Item2, Given.Text())));
            Assert.NotNull(set.SubmissionSet);
            documents.AddRange(chunk.Zip(stored).Select(pair => (pair.First.Item1, pair.Second.Document.DocumentId)));
        }

        // Each has a reading of its own, good or not, so that those of hidden ones would show.
        await platform.Server.ExecuteAsync(
            platform,
            $"""
            insert into document_facts (record_id, document_id, version, state, size_bytes)
            select record_id, document_id, version, case when version = 1 then 4 else 5 end, size_bytes from document_version
            where record_id = '{record.Id}' on conflict do nothing
            """);
        Assert.True(personas.ContainsKey(persona));
        return documents;
    }

    private static UploadIntent Describe(OpenedRecord record, string kind, int i, int place)
    {
        var intent = Given.Intent(record.Id);
        intent.Metadata.UniqueId = $"{kind}-{i}";
        intent.Metadata.ServiceStartTime.Seconds += place * 3600;
        intent.VisibilityCodes.AddRange(kind switch
        {
            "masked" => [VisibilityCode.MaskedFromProfessionals],
            "waiting" => [VisibilityCode.HiddenFromPatient],
            "secret" => [VisibilityCode.HiddenFromRepresentatives],
            _ => Array.Empty<VisibilityCode>(),
        });
        if (kind == "closed-type")
        {
            intent.Metadata.Type = new Coding { System = Given.ReportType.System, Code = "68599-0" };
        }

        if (kind == "ruled-out")
        {
            intent.Metadata.Authors.Add(new Author
            {
                Person = new Person { Id = "ruled-out-author", FamilyName = "ESSAI" },
                Institution = new Institution { Id = record.Physician.StructureId, Name = "CABINET D'ESSAI" },
            });
        }
        return intent;
    }

    /// <summary>As if they had never been: the rows go, by the hand of the database's owner.</summary>
    private async Task CutOutAsync(List<string> documentIds)
    {
        await using var connection = new NpgsqlConnection(platform.Databases.AdminOf(platform.Server.Database));
        await connection.OpenAsync(Token);
        foreach (var table in new[] { "document_facts", "document_version", "document" })
        {
            await using var delete = new NpgsqlCommand($"delete from {table} where document_id = any($1)", connection);
            delete.Parameters.AddWithValue(documentIds.Select(Guid.Parse).ToArray());
            await delete.ExecuteNonQueryAsync(Token);
        }
    }
}
