using Dmp.CareTeam.V1;
using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Emergency.V1;
using Dmp.Record.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Xunit;
using StoredDocument = Dmp.Document.V1.Document;

namespace Dmp.Server.Tests.Access.Model;

/// <summary>One random sequence: each step goes to the server and to the model, and then both are asked what who sees.</summary>
internal sealed partial class AccessModelRun
{
    private const string Loinc = "2.16.840.1.113883.6.1";
    private static readonly DocumentStatus[] allStatuses =
        [DocumentStatus.Approved, DocumentStatus.Deprecated, DocumentStatus.Archived, DocumentStatus.Deleted];

    private readonly Platform platform;
    private readonly Random random;
    private readonly OpenedRecord record;
    private readonly AccessModel model = new();
    private readonly List<(Carer Carer, TestProfessional Person, DmpApi Api)> carers = [];
    private readonly List<string> history = [];
    private CareTeam.V1.CareTeam? team;

    private AccessModelRun(Platform platform, int seed, OpenedRecord record, bool isMinor)
    {
        this.platform = platform;
        random = new Random(seed);
        this.record = record;
        model.IsMinor = isMinor;
    }

    public int Steps { get; private set; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DmpApi Patient => platform.As(record.Patient);

    private DmpApi Representative => platform.AsRepresentativeOf(record.Patient);

    /// <summary>Runs a sequence; null when nothing differed, else the difference with the history.</summary>
    public static async Task<(string? Difference, int Steps)> RunAsync(Platform platform, int seed, int length)
    {
        var isMinor = seed % 2 == 0;
        var patient = isMinor ? TestPatient.NewMinor() : TestPatient.New();
        var opener = TestProfessional.New();
        var opened = await platform.As(opener).Records.OpenRecordAsync(Given.OpenRequest(patient), cancellationToken: Token);
        var run = new AccessModelRun(platform, seed, new OpenedRecord(patient, opener, opened.Record), isMinor);
        run.Meet(opener);
        await run.FollowAsync();
        for (var step = 0; step < length; step++)
        {
            string? difference;
            try
            {
                difference = await run.StepAsync() ?? await run.CompareAsync();
            }
            catch (RpcException unforeseen)
            {
                difference = unforeseen.ToString();
            }

            if (difference is not null)
            {
                return ($"seed {seed}, step {step}: {difference}\n{string.Join('\n', run.history)}", run.Steps);
            }
        }

        return (null, run.Steps);
    }

    private static async Task<(Verdict Verdict, string Reason)> TryAsync(Func<Task> call)
    {
        try
        {
            await call();
            return (Verdict.Ok, "OK");
        }
        catch (RpcException refused)
        {
            var reason = refused.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason ?? refused.StatusCode.ToString();
            return System.Enum.TryParse<Verdict>(reason.Replace("_", "", StringComparison.Ordinal), ignoreCase: true, out var verdict)
                ? (verdict, reason)
                : ((Verdict)(-1), reason);
        }
    }

    private void Meet(TestProfessional opener)
    {
        var colleague = TestProfessional.New();
        foreach (var (name, person) in new[]
        {
            ("physician", opener),
            ("colleague", colleague),
            ("nurse", TestProfessional.New() with { Profession = "60", Specialty = "", StructureId = colleague.StructureId }),
            ("dentist", TestProfessional.New() with { Profession = "40", Specialty = "" }),
            ("occupational", TestProfessional.New() with { Specialty = "SM25", Sector = "SA66" }),
        })
        {
            var carer = new Carer(name, person.Id, person.StructureId, person.Profession, name == "occupational");
            carers.Add((carer, person, platform.As(person)));
        }
    }

    /// <summary>One change by somebody; the difference between what the rules say and what the server answered.</summary>
    private async Task<string?> StepAsync()
    {
        var (carer, _, api) = Any(carers);
        // A closed record answers everything alike: it does not stay closed for long.
        return (model.IsClosed && Sometimes(3) ? 21 : random.Next(31)) switch
        {
            0 or 1 => await GrantAsync(carer, Patient, "patient", model.Patient()),
            2 => await GrantAsync(carer, Representative, "representative", model.Representative()),
            3 or 4 => await DeclareAsync(carer, api),
            5 => await RevokeAsync(),
            6 => await BlockAsync(carer),
            7 => await UnblockAsync(),
            8 or 9 or 10 => await UploadAsync(carer, api),
            11 => await UploadByPatientAsync(),
            12 => await ReplaceAsync(),
            13 or 14 => await ChangeAsync(carer, api),
            15 => await ChangeByPatientAsync(),
            16 => await SwitchAsync(),
            17 => await OpenEmergencyAsync(carer, api),
            18 => await AddRuleAsync(carer),
            19 => await RemoveRuleAsync(),
            20 => await TeamAsync(),
            22 or 23 => await LetTimePassAsync(),
            24 => await GuardAsync(),
            25 => await EntrustAsync(),
            26 => await FormalTeamAsync(),
            27 or 28 or 29 => await DeclareForAsync(carer, api),
            30 => await DeleteByStaffAsync(),
            _ => await LifeAsync(),
        };
    }

    private T Any<T>(IReadOnlyList<T> items) => items[random.Next(items.Count)];

    private bool Sometimes(int oneIn) => random.Next(oneIn) == 0;

    private async Task<string?> ExpectAsync(string what, Verdict expected, Func<Task> call)
    {
        Steps++;
        var (verdict, reason) = await TryAsync(call);
        history.Add($"{what}: {reason}");
        return verdict == expected ? null : $"{what}: the rules say {expected}, the server answers {reason}";
    }

    private async Task<string?> GrantAsync(Carer carer, DmpApi giver, string who, Verdict expected)
    {
        var structure = Sometimes(4);
        var attending = !structure && Sometimes(3);
        var actor = structure
            ? new Actor { Kind = ActorKind.Structure, Id = carer.Structure }
            : new Actor { Kind = ActorKind.Professional, Id = carer.Id };
        var key = $"{(int)actor.Kind}:{actor.Id}";
        expected = expected == Verdict.Ok && model.Blocked.Contains(key) ? Verdict.ActorBlocked : expected;
        GrantConsentResponse? granted = null;
        return await ExpectAsync(
            $"{who} grants {carer.Name} {(structure ? "(structure)" : attending ? "(attending)" : "")}",
            expected,
            async () => granted = await giver.Consents.GrantConsentAsync(
                new GrantConsentRequest { RecordId = record.Id, Actor = actor, AttendingPhysician = attending, RequestId = Given.NewId() },
                cancellationToken: Token))
            ?? Keep(key, granted?.Consent, attending);
    }

    private string? Keep(string key, Consent.V1.Consent? consent, bool attending)
    {
        if (consent is not null)
        {
            model.Consents[key] = new ModelConsent { Id = consent.ConsentId, Attending = attending, FromMinority = model.IsMinor };
        }

        return null;
    }

    private async Task<string?> DeclareAsync(Carer carer, DmpApi api)
    {
        var attending = Sometimes(4);
        DeclareConsentResponse? declared = null;
        var key = $"1:{carer.Id}";
        return await ExpectAsync(
            $"{carer.Name} declares{(attending ? " (attending)" : "")}",
            model.Declare(carer, attending),
            async () => declared = await api.Consents.DeclareConsentAsync(
                new DeclareConsentRequest
                {
                    RecordId = record.Id,
                    Collection = ConsentCollection.PatientPresent,
                    AttendingPhysician = attending,
                    RequestId = Given.NewId(),
                },
                cancellationToken: Token))
            ?? Keep(
                key,
                declared?.Consent,
                // A declaration leaves a role that is in force; one that others gave to a child's carer is not.
                attending
                    || (model.Consents.TryGetValue(key, out var before) && before.Attending && (model.IsMinor || !before.FromMinority)));
    }

    private async Task<string?> RevokeAsync()
    {
        if (model.Consents.Count == 0)
        {
            return null;
        }

        var (key, consent) = Any(model.Consents.ToList());
        var difference = await ExpectAsync($"patient revokes {key}", model.Patient(), async () =>
        {
            await Patient.Consents.RevokeConsentAsync(
                new RevokeConsentRequest { RecordId = record.Id, ConsentId = consent.Id, RequestId = Given.NewId() },
                cancellationToken: Token);
            model.Consents.Remove(key);
        });
        return difference;
    }

    private Task<string?> BlockAsync(Carer carer)
    {
        var actor = Sometimes(3)
            ? new Actor { Kind = ActorKind.Structure, Id = carer.Structure }
            : new Actor { Kind = ActorKind.Professional, Id = carer.Id };
        return ExpectAsync($"patient blocks {carer.Name} ({actor.Kind})", model.Patient(), async () =>
        {
            await Patient.Consents.BlockActorAsync(
                new BlockActorRequest { RecordId = record.Id, Actor = actor, RequestId = Given.NewId() }, cancellationToken: Token);
            var key = $"{(int)actor.Kind}:{actor.Id}";
            model.Blocked.Add(key);
            model.Consents.Remove(key);

            // What was opened in a structure ends with its block.
            model.Emergencies.ExceptWith(carers.Select(one => one.Carer)
                .Where(one => actor.Kind == ActorKind.Structure ? one.Structure == actor.Id : one.Id == actor.Id).Select(one => one.Id));
        });
    }

    private async Task<string?> UnblockAsync()
    {
        if (model.Blocked.Count == 0 || model.IsClosed)
        {
            return null;
        }

        var key = Any(model.Blocked.ToList());
        var blocks = await Patient.Consents.ListBlocksAsync(new ListBlocksRequest { RecordId = record.Id }, cancellationToken: Token);
        var block = blocks.Blocks.Single(one => $"{(int)one.Actor.Kind}:{one.Actor.Id}" == key);
        return await ExpectAsync($"patient unblocks {key}", Verdict.Ok, async () =>
        {
            await Patient.Consents.UnblockActorAsync(
                new UnblockActorRequest { RecordId = record.Id, BlockId = block.BlockId, RequestId = Given.NewId() },
                cancellationToken: Token);
            model.Blocked.Remove(key);
        });
    }

    private Task<string?> UploadAsync(Carer carer, DmpApi api)
    {
        var type = Sometimes(3) ? AccessModel.ClosedToDentists : "11488-4";
        var (masked, waiting, secret) = random.Next(6) switch
        {
            0 => (true, false, false),
            1 => (false, true, false),
            2 => (false, false, true),
            _ => (false, false, false),
        };
        return ExpectAsync(
            $"{carer.Name} adds a "
            + $"{type}{(masked ? " masked" : "")}{(waiting ? " hidden from the patient" : "")}{(secret ? " secret" : "")}",
            model.Record(carer, needsAuthorization: false, function: true) is var record and not Verdict.Ok ? record
                : waiting && model.MaskedByDefault ? Verdict.VisibilityCodesExclusive
                : Verdict.Ok,
            async () =>
            {
                var stored = await api.UploadAsync(this.record.Id, intent =>
                {
                    intent.Metadata.Type = new Coding { System = Loinc, Code = type };
                    VisibilityCode[] codes =
                    [
                        .. masked ? [VisibilityCode.MaskedFromProfessionals] : Array.Empty<VisibilityCode>(),
                        .. waiting ? [VisibilityCode.HiddenFromPatient] : Array.Empty<VisibilityCode>(),
                        .. secret ? [VisibilityCode.HiddenFromRepresentatives] : Array.Empty<VisibilityCode>(),
                    ];
                    intent.VisibilityCodes.AddRange(codes);
                });
                Add(stored, type, carer, isPatients: false, masked || model.MaskedByDefault, waiting, secret);
            });
    }

    private Task<string?> UploadByPatientAsync()
    {
        // Types that patients add are closed to nobody here: the model keeps to two types.
        return ExpectAsync("patient adds a document", model.Patient(), async () =>
            Add(await Patient.UploadAsync(record.Id), "11488-4", null, isPatients: true, model.MaskedByDefault, false, false));
    }

    private void Add(StoredDocument stored, string type, Carer? carer, bool isPatients, bool masked, bool waiting, bool secret) =>
        model.Documents.Add(new ModelDocument
        {
            Id = stored.DocumentId,
            IsPatients = isPatients,
            Masked = masked,
            HiddenFromPatient = waiting,
            HiddenFromRepresentatives = secret,
            Versions = { new ModelVersion(type, carer?.Id, carer?.Structure) },
        });

    private async Task<string?> ReplaceAsync()
    {
        var own = carers.SelectMany(
            one => model.Documents.Where(document => AccessModel.IsOwn(one.Carer, document)).Select(document => (one, document)))
            .Where(pair => pair.document.State != DocumentStatus.Deleted && !model.IsBlocked(pair.one.Carer) && !model.IsClosed).ToList();
        if (own.Count == 0)
        {
            return null;
        }

        var ((carer, _, api), document) = Any(own);
        var type = Sometimes(2) ? AccessModel.ClosedToDentists : "11488-4";
        var etag = (await api.Documents.GetDocumentAsync(
            new GetDocumentRequest { RecordId = record.Id, DocumentId = document.Id }, cancellationToken: Token)).Document.Etag;
        return await ExpectAsync($"{carer.Name} replaces {document.Id} by a {type}", Verdict.Ok, async () =>
        {
            await api.UploadAsync(record.Id, intent =>
            {
                intent.Metadata.Type = new Coding { System = Loinc, Code = type };
                intent.ReplacesDocumentId = document.Id;
                intent.Etag = etag;
            });
            document.Versions.Add(new ModelVersion(type, carer.Id, carer.Structure));
            document.State = DocumentStatus.Approved;
        });
    }

    private async Task<string?> ChangeAsync(Carer carer, DmpApi api)
    {
        if (model.Documents.Count == 0)
        {
            return null;
        }

        var document = Any(model.Documents);
        var change = Any(["mask", "unmask", "archive", "delete"]);
        var expected = model.Change(carer, document, change);
        return await ExpectAsync($"{carer.Name} would {change} {document.Id}", expected, () => ChangeAsync(api, document, change))
            ?? Apply(document, change, expected);
    }

    private async Task<string?> ChangeByPatientAsync()
    {
        if (model.Documents.Count == 0)
        {
            return null;
        }

        var document = Any(model.Documents);
        var change = Any(["mask", "unmask", "archive", "delete"]);
        var expected = model.ChangeByPatient(document, change);
        return await ExpectAsync($"patient would {change} {document.Id}", expected, () => ChangeAsync(Patient, document, change))
            ?? Apply(document, change, expected);
    }

    private async Task ChangeAsync(DmpApi api, ModelDocument document, string change)
    {
        var (recordId, documentId, requestId) = (record.Id, document.Id, Given.NewId());
        switch (change)
        {
            case "mask":
                await api.Documents.MaskDocumentAsync(
                    new() { RecordId = recordId, DocumentId = documentId, RequestId = requestId }, cancellationToken: Token);
                break;
            case "unmask":
                await api.Documents.UnmaskDocumentAsync(
                    new() { RecordId = recordId, DocumentId = documentId, RequestId = requestId }, cancellationToken: Token);
                break;
            case "archive":
                await api.Documents.ArchiveDocumentAsync(
                    new() { RecordId = recordId, DocumentId = documentId, RequestId = requestId }, cancellationToken: Token);
                break;
            default:
                await api.Documents.DeleteDocumentAsync(
                    new() { RecordId = recordId, DocumentId = documentId, RequestId = requestId }, cancellationToken: Token);
                break;
        }
    }

    private static string? Apply(ModelDocument document, string change, Verdict verdict)
    {
        if (verdict == Verdict.Ok)
        {
            document.Masked = change switch { "mask" => true, "unmask" => false, _ => document.Masked };
            document.State = change switch
            {
                "archive" => DocumentStatus.Archived,
                "delete" => DocumentStatus.Deleted,
                _ => document.State,
            };
        }

        return null;
    }

    private async Task<string?> SwitchAsync()
    {
        if (model.IsClosed)
        {
            return null;
        }

        var name = Any([
            "emergency_break_glass_allowed", "emergency_masked_allowed", "documents_masked_by_default", "secret_acts_hidden_from_staff",
        ]);
        var on = Sometimes(2);
        var etag = (await Patient.Consents.GetConsentSettingsAsync(
            new GetConsentSettingsRequest { RecordId = record.Id }, cancellationToken: Token)).Settings.Etag;
        return await ExpectAsync($"patient sets {name} to {on}", Verdict.Ok, async () =>
        {
            await Patient.Consents.UpdateConsentSettingsAsync(
                new UpdateConsentSettingsRequest
                {
                    RecordId = record.Id,
                    Settings = new ConsentSettings
                    {
                        EmergencyBreakGlassAllowed = on,
                        EmergencyMaskedAllowed = on,
                        DocumentsMaskedByDefault = on,
                        SecretActsHiddenFromStaff = on,
                    },
                    UpdateMask = new FieldMask { Paths = { name } },
                    Etag = etag,
                    RequestId = Given.NewId(),
                },
                cancellationToken: Token);
            model.BreakGlassAllowed = name == "emergency_break_glass_allowed" ? on : model.BreakGlassAllowed;
            if (!model.BreakGlassAllowed)
            {
                model.Emergencies.Clear();
            }

            model.MaskedShownInEmergencies = name == "emergency_masked_allowed" ? on : model.MaskedShownInEmergencies;
            model.MaskedByDefault = name == "documents_masked_by_default" ? on : model.MaskedByDefault;
            model.SecretActsHiddenFromStaff = name == "secret_acts_hidden_from_staff" ? on : model.SecretActsHiddenFromStaff;
        });
    }

    private Task<string?> OpenEmergencyAsync(Carer carer, DmpApi api) =>
        ExpectAsync($"{carer.Name} breaks the glass", model.OpenEmergency(carer), async () =>
        {
            await api.Emergencies.OpenEmergencyAccessAsync(
                new OpenEmergencyAccessRequest
                {
                    RecordId = record.Id,
                    Mode = EmergencyMode.BreakGlass,
                    Reason = "Patient inconscient, détresse respiratoire",
                    RequestId = Given.NewId(),
                },
                cancellationToken: Token);
            model.Emergencies.Add(carer.Id);
        });

    private async Task<string?> AddRuleAsync(Carer carer)
    {
        if (model.Documents.Count == 0)
        {
            return null;
        }

        var document = Any(model.Documents);
        var shows = Sometimes(2);
        var type = !shows && Sometimes(3) ? "11488-4" : null;
        var profession = !shows && Sometimes(3) ? carer.Profession : null;
        var rule = new VisibilityRule { Effect = shows ? VisibilityEffect.Show : VisibilityEffect.Hide };
        if (type is null)
        {
            rule.DocumentId = document.Id;
        }
        else
        {
            rule.Type = new Coding { System = Loinc, Code = type };
        }

        if (profession is null)
        {
            rule.Actor = new Actor { Kind = ActorKind.Professional, Id = carer.Id };
        }
        else
        {
            rule.Profession = new Coding { System = "1.2.250.1.71.1.2.7", Code = profession };
        }

        var expected = model.Patient() is var record and not Verdict.Ok ? record
            : type is null && !model.ExistsForPatient(document) ? Verdict.DocumentNotFound
            : Verdict.Ok;
        return await ExpectAsync(
            $"patient {(shows ? "shows" : "hides")} {type ?? document.Id} {(shows ? "to" : "from")} {profession ?? carer.Name}",
            expected,
            async () =>
            {
                var added = await Patient.Consents.AddVisibilityRuleAsync(
                    new AddVisibilityRuleRequest { RecordId = this.record.Id, Rule = rule, RequestId = Given.NewId() },
                    cancellationToken: Token);
                model.Rules.Add(new ModelRule(
                    added.Rule.VisibilityRuleId, shows, type is null ? document.Id : null, type, profession is null ? carer.Id : null,
                    profession));
            });
    }

    private async Task<string?> RemoveRuleAsync()
    {
        if (model.Rules.Count == 0)
        {
            return null;
        }

        var rule = Any(model.Rules);
        return await ExpectAsync("patient removes a rule", model.Patient(), async () =>
        {
            await Patient.Consents.RemoveVisibilityRuleAsync(
                new RemoveVisibilityRuleRequest { RecordId = record.Id, VisibilityRuleId = rule.Id, RequestId = Given.NewId() },
                cancellationToken: Token);
            model.Rules.Remove(rule);
        });
    }

    /// <summary>Recognises the team, then changes who is in it, then authorises it.</summary>
    private async Task<string?> TeamAsync()
    {
        var members = carers.Where(_ => Sometimes(2)).Select(one => one.Carer).Take(3).ToList();
        if (team is null)
        {
            members = members.Count == 0 ? [carers[0].Carer] : members;
            return await ExpectAsync($"patient recognises {Names(members)}", model.Patient(), async () =>
            {
                team = (await Patient.CareTeams.RecognizeCareTeamAsync(
                    new RecognizeCareTeamRequest
                    {
                        RecordId = record.Id,
                        Name = "Équipe",
                        Members = { Actors(members) },
                        RequestId = Given.NewId(),
                    },
                    cancellationToken: Token)).CareTeam;
                model.Team.UnionWith(members.Select(member => member.Id));
            });
        }

        if (Sometimes(2))
        {
            GrantConsentResponse? granted = null;
            return await ExpectAsync(
                "patient grants the team", model.Patient(), async () => granted = await Patient.Consents.GrantConsentAsync(
                    new GrantConsentRequest
                    {
                        RecordId = record.Id,
                        Actor = new Actor { Kind = ActorKind.CareTeam, Id = team.CareTeamId },
                        RequestId = Given.NewId(),
                    },
                    cancellationToken: Token)) ?? Keep("9:team", granted?.Consent, attending: false);
        }

        return await ExpectAsync($"the team is now {Names(members)}", model.Patient(), async () =>
        {
            team = (await Patient.CareTeams.SetCareTeamMembersAsync(
                new SetCareTeamMembersRequest
                {
                    RecordId = record.Id,
                    CareTeamId = team.CareTeamId,
                    Members = { Actors(members) },
                    Etag = team.Etag,
                    RequestId = Given.NewId(),
                },
                cancellationToken: Token)).CareTeam;
            model.Team.Clear();
            model.Team.UnionWith(members.Select(member => member.Id));
        });
    }

    private static string Names(IEnumerable<Carer> members) => string.Join(", ", members.Select(member => member.Name));

    private static IEnumerable<Actor> Actors(IEnumerable<Carer> members) =>
        members.Select(member => new Actor { Kind = ActorKind.Professional, Id = member.Id });

    /// <summary>Closing, reopening, coming of age, confirming what was agreed to before.</summary>
    private async Task<string?> LifeAsync()
    {
        if (model.IsClosed || Sometimes(4))
        {
            var close = !model.IsClosed;
            return await ExpectAsync(close ? "patient closes the record" : "patient reopens the record", Verdict.Ok, async () =>
            {
                if (close)
                {
                    await Patient.Records.CloseRecordAsync(
                        new CloseRecordRequest { RecordId = record.Id, Reason = CloseReason.PatientRequest, RequestId = Given.NewId() },
                        cancellationToken: Token);
                }
                else
                {
                    await Patient.Records.ReopenRecordAsync(
                        new ReopenRecordRequest { RecordId = record.Id, PatientInformed = true, RequestId = Given.NewId() },
                        cancellationToken: Token);
                }

                model.IsClosed = close;
                model.Emergencies.Clear();
            });
        }

        if (model.IsMinor)
        {
            // Everything was given before today; the birthday is today.
            var id = record.Id;
            await platform.Server.QueryAsync<long>(
                platform,
                $"""
                with younger as (update consent set grant_time = grant_time - interval '2 days' where record_id = '{id}' returning 1),
                    older as (
                        update record set birth_date = (now() at time zone 'Europe/Paris')::date - interval '18 years',
                            create_time = create_time - interval '30 days'
                        where record_id = '{id}' returning 1)
                select count(*) from older
                """);
            model.IsMinor = false;
            history.Add("the patient comes of age");
            await SweepAsync();
            return null;
        }

        return await ExpectAsync("patient re-approves", model.Patient(), async () =>
        {
            await Patient.Consents.ReapproveConsentsAsync(
                new ReapproveConsentsRequest { RecordId = record.Id, RequestId = Given.NewId() }, cancellationToken: Token);
            foreach (var consent in model.Consents.Values)
            {
                consent.FromMinority = false;
            }
        });
    }

    /// <summary>A random reader searches, and reads something that exists or not; the patient's side does so in turns.</summary>
    private async Task<string?> CompareAsync()
    {
        var (carer, _, api) = Any(carers);
        var difference = await SearchAsync(
            carer.Name, api, model.Search(carer),
            document => Enumerable.Range(1, document.Versions.Count).Where(version => model.Exists(carer, document, version)));
        difference ??= Sometimes(2)
            ? await SearchAsync("patient", Patient, model.Patient(), document => Versions(document, model.ExistsForPatient(document)))
            : await SearchAsync(
                "representative", Representative, model.Representative(),
                document => Versions(document, model.ExistsForRepresentative(document)));
        if (difference is null && model.Documents.Count > 0)
        {
            var document = Any(model.Documents);
            difference = await ExpectAsync(
                $"{carer.Name} reads {document.Id}",
                model.Read(carer, document),
                () => api.ReadAsync(new StoredDocument { RecordId = record.Id, DocumentId = document.Id }));
        }

        return difference ?? await CompareFurtherAsync(carer, api);
    }

    private static IEnumerable<int> Versions(ModelDocument document, bool exists) =>
        exists ? Enumerable.Range(1, document.Versions.Count) : [];

    private async Task<string?> SearchAsync(string who, DmpApi api, Verdict expected, Func<ModelDocument, IEnumerable<int>> versions)
    {
        var found = new List<(string, int)>();
        var difference = await ExpectAsync($"{who} searches", expected, async () =>
        {
            var request = new SearchDocumentsRequest { RecordId = record.Id, PageSize = random.Next(1, 30), Statuses = { allStatuses } };
            do
            {
                var page = await api.Documents.SearchDocumentsAsync(request, cancellationToken: Token);
                found.AddRange(page.Documents.Select(document => (document.DocumentId, document.Version)));
                request.PageToken = page.NextPageToken;
            }
            while (request.PageToken.Length > 0);
        });
        var wanted = expected == Verdict.Ok
            ? model.Documents.SelectMany(document => versions(document).Select(version => (document.Id, version))).Order().ToList()
            : [];
        return difference ?? (wanted.SequenceEqual(found.Order()) ? null
            : $"{who} should see [{string.Join(", ", wanted)}] and sees [{string.Join(", ", found.Order())}]");
    }
}
