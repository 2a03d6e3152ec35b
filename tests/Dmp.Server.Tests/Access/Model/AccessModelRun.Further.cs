using Dmp.CareTeam.V1;
using Dmp.Consent.V1;
using Dmp.Delegation.V1;
using Dmp.Document.V1;
using Dmp.Event.V1;
using Dmp.Server.Startup;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Dmp.Server.Tests.Access.Model;

/// <summary>What runs by time, by an operator, by staff, for others, and what a subscriber makes of it all.</summary>
internal sealed partial class AccessModelRun
{
    private const int SweepsMax = 50;

    private readonly List<Caregiver> caregivers = [];
    private readonly Dictionary<string, Follower> followers = [];
    private CareTeam.V1.CareTeam? formalTeam;

    private EventFilter OnlyRecord => Feeding.Only(record.Id);

    /// <summary>Everybody subscribes before anything happens.</summary>
    private async Task FollowAsync()
    {
        foreach (var (carer, _, api) in carers)
        {
            followers[carer.Id] = new Follower(await api.NowAsync(OnlyRecord));
        }
    }

    /// <summary>An authorisation ends, four hours pass, two weeks or a month pass, a delegation ends, a guardianship ends.</summary>
    private async Task<string?> LetTimePassAsync()
    {
        switch (random.Next(5))
        {
            case 0 when model.Consents.Count > 0:
                var (key, consent) = Any(model.Consents.ToList());
                await ChangeRowsAsync(
                    "update consent set grant_time = grant_time - interval '2 years', expire_time = now() "
                    + $"where consent_id = '{consent.Id}'");
                model.Consents.Remove(key);
                return await PassedAsync($"the authorisation {key} expires");
            case 1:
                await ChangeRowsAsync(
                    "update emergency_access set open_time = open_time - interval '5 hours', expire_time = now() - interval '1 second' "
                    + $"where record_id = '{record.Id}'");
                model.Emergencies.Clear();
                return await PassedAsync("four hours pass");
            case 2 when model.Documents.Find(document => document.HiddenFromPatient) is { } waiting:
                await ChangeRowsAsync(
                    $"update document set announce_time = now() - interval '1 second' where document_id = '{waiting.Id}'");
                return await PassedAsync($"two weeks pass over {waiting.Id}");
            case 3 when model.Documents.Find(document => document.HiddenFromPatient) is { } late:
                await ChangeRowsAsync(
                    $"update document set patient_visible_time = now() - interval '1 second' where document_id = '{late.Id}'");
                late.HiddenFromPatient = false;

                // The time in the row counts, told or not.
                return await PassedAsync($"a month passes over {late.Id}", sweep: Sometimes(2));
            case 4 when caregivers.Find(one => one.IsActive) is { } caregiver:
                await ChangeRowsAsync(
                    $"""
                    update delegation set start_time = start_time - interval '2 days', end_time = now() - interval '1 second'
                    where delegation_id = '{caregiver.Delegation.DelegationId}'
                    """);
                caregiver.IsActive = false;
                return await PassedAsync("the caregiver's time ends");
            default:
                return null;
        }
    }

    private async Task<string?> PassedAsync(string what, bool sweep = true)
    {
        history.Add(what);
        if (sweep)
        {
            await SweepAsync();
        }

        return null;
    }

    private Task<long> ChangeRowsAsync(string sql) =>
        platform.Server.QueryAsync<long>(platform, $"with done as ({sql} returning 1) select count(*) from done");

    /// <summary>Tells of what ended or began by time, so that subscribers hear of it.</summary>
    private Task SweepAsync() =>
        platform.Server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single().SweepOnceAsync(Token);

    /// <summary>An operator puts an adult under guardianship, or ends it; or its time ends.</summary>
    private async Task<string?> GuardAsync()
    {
        if (model.IsMinor)
        {
            return null;
        }

        if (model.IsGuarded && Sometimes(2))
        {
            await ChangeRowsAsync($"update record set guardianship_until = now() - interval '1 second' where record_id = '{record.Id}'");
            model.IsGuarded = false;
            return await PassedAsync("the guardianship's time ends");
        }

        var sets = !model.IsGuarded;
        return await ExpectAsync(sets ? "an operator sets a guardianship" : "an operator ends the guardianship", Verdict.Ok, async () =>
        {
            await platform.AsOperator().Delegations.SetGuardianshipAsync(
                new SetGuardianshipRequest
                {
                    RecordId = record.Id,
                    UntilTime = sets ? Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(30)) : null,
                    Reason = "Jugement du tribunal judiciaire",
                    RequestId = Given.NewId(),
                },
                cancellationToken: Token);
            model.IsGuarded = sets;
        });
    }

    /// <summary>The patient entrusts the record to a caregiver, or takes that back.</summary>
    private async Task<string?> EntrustAsync()
    {
        if (model.IsClosed)
        {
            return null;
        }

        if (caregivers.Find(one => one.IsActive) is { } active)
        {
            return await ExpectAsync("patient ends the delegation", Verdict.Ok, async () =>
            {
                await Patient.RevokeAsync(active.Delegation);
                active.IsActive = false;
            });
        }

        return await ExpectAsync("patient entrusts the record", Verdict.Ok, async () =>
        {
            var (api, delegation) = await platform.DelegateAsync(Patient, record.Id);
            caregivers.Add(new Caregiver(api, delegation) { IsActive = true });
        });
    }

    /// <summary>An operator registers a team, and changes who is in it; the patient authorises it.</summary>
    private async Task<string?> FormalTeamAsync()
    {
        var members = carers.Where(_ => Sometimes(2)).Select(one => one.Carer).Take(3).DefaultIfEmpty(carers[0].Carer).ToList();
        var operators = platform.AsOperator();
        if (formalTeam is not null && Sometimes(2))
        {
            GrantConsentResponse? granted = null;
            return await ExpectAsync(
                "patient grants the formal team", model.Patient(), async () => granted = await Patient.Consents.GrantConsentAsync(
                    new GrantConsentRequest { RecordId = record.Id, Actor = FormalTeam, RequestId = Given.NewId() },
                    cancellationToken: Token))
                ?? Keep("9:formal", granted?.Consent, attending: false);
        }

        return await ExpectAsync($"an operator says that the formal team is {Names(members)}", Verdict.Ok, async () =>
        {
            formalTeam = formalTeam is null
                ? (await operators.CareTeams.RegisterCareTeamAsync(
                    new RegisterCareTeamRequest { Name = "Équipe", Members = { Actors(members) }, RequestId = Given.NewId() },
                    cancellationToken: Token)).CareTeam
                : (await operators.CareTeams.SetCareTeamMembersAsync(
                    new SetCareTeamMembersRequest
                    {
                        CareTeamId = formalTeam.CareTeamId,
                        Members = { Actors(members) },
                        Etag = formalTeam.Etag,
                        RequestId = Given.NewId(),
                    },
                    cancellationToken: Token)).CareTeam;
            model.FormalTeam.Clear();
            model.FormalTeam.UnionWith(members.Select(member => member.Id));
        });
    }

    private Actor FormalTeam => new() { Kind = ActorKind.CareTeam, Id = formalTeam!.CareTeamId };

    private async Task<string?> DeclareForAsync(Carer carer, DmpApi api)
    {
        var other = Any(carers).Carer;
        var (key, actor) = random.Next(3) switch
        {
            0 when other.Id != carer.Id => ($"1:{other.Id}", new Actor { Kind = ActorKind.Professional, Id = other.Id }),
            1 when formalTeam is not null => ("9:formal", FormalTeam),
            _ => ($"2:{other.Structure}", new Actor { Kind = ActorKind.Structure, Id = other.Structure }),
        };
        DeclareConsentResponse? declared = null;
        return await ExpectAsync(
            $"{carer.Name} declares for {key}",
            model.DeclareFor(carer, key),
            async () => declared = await api.Consents.DeclareConsentAsync(
                new DeclareConsentRequest
                {
                    RecordId = record.Id,
                    Collection = ConsentCollection.PatientPresent,
                    Actor = actor,
                    RequestId = Given.NewId(),
                },
                cancellationToken: Token))
            ?? Keep(
                key,
                declared?.Consent,
                model.Consents.TryGetValue(key, out var before) && before.Attending && (model.IsMinor || !before.FromMinority));
    }

    private async Task<string?> DeleteByStaffAsync()
    {
        if (model.Documents.Count == 0)
        {
            return null;
        }

        var (document, (structure, staff)) = (Any(model.Documents), AnyStaff());
        var expected = model.DeleteByStaff(structure, document);
        return await ExpectAsync(
            $"the staff of {structure} would delete {document.Id}", expected, () => ChangeAsync(staff, document, "delete"))
            ?? Apply(document, "delete", expected);
    }

    /// <summary>Staff with a card, in a structure of one of the carers.</summary>
    private (string Structure, DmpApi Api) AnyStaff()
    {
        var structure = Any(carers).Carer.Structure;
        return (structure, platform.As(platform.Callers.StructureToken(structure, "secretary-1")));
    }

    private async Task<string?> CompareStaffAsync()
    {
        if (model.Documents.Count == 0)
        {
            return null;
        }

        var (document, (structure, staff)) = (Any(model.Documents), AnyStaff());
        return await ExpectAsync(
            $"the staff of {structure} asks for {document.Id}",
            model.FindByStaff(structure, document),
            async () => await staff.Documents.GetDocumentAsync(
                new() { RecordId = record.Id, DocumentId = document.Id }, cancellationToken: Token));
    }

    /// <summary>
    /// Staff asks for a document; caregivers search, those of before too; and who follows the feed knows what a search finds.
    /// </summary>
    private async Task<string?> CompareFurtherAsync(Carer carer, DmpApi api)
    {
        foreach (var caregiver in caregivers.TakeLast(2))
        {
            var difference = await SearchAsync(
                $"caregiver ({(caregiver.IsActive ? "now" : "before")})",
                caregiver.Api,
                caregiver.IsActive ? model.Patient() : Verdict.RecordAccessDenied,
                document => Versions(document, model.ExistsForRepresentative(document)));
            if (difference is not null)
            {
                return difference;
            }
        }

        return await CompareStaffAsync() ?? await CompareFeedAsync(carer, api);
    }

    /// <summary>
    /// What ended by time is told by whichever sweep comes first, and the sweep of another sequence may have it in hand: a further sweep of
    /// our own either tells it, or comes after that one.
    /// </summary>
    private async Task<string?> CompareFeedAsync(Carer carer, DmpApi api)
    {
        var first = await PullAsync(carer, api);
        var difference = first;
        for (var sweeps = 0; difference is not null && sweeps < SweepsMax; sweeps++)
        {
            await SweepAsync();
            difference = await PullAsync(carer, api);
        }

        return difference is null ? null : $"{first}\nand at last: {difference}";
    }

    private async Task<string?> PullAsync(Carer carer, DmpApi api)
    {
        var follower = followers[carer.Id];
        var (events, token) = await api.PullAllAsync(Feeding.From(follower.Token), OnlyRecord);
        follower.Token = token;
        Steps++;
        var loads = false;
        foreach (var told in events)
        {
            switch (told.Kind)
            {
                case ChangeKind.AccessGranted or ChangeKind.RecordOpened:
                    loads = true;
                    break;
                case ChangeKind.AccessLost or ChangeKind.RecordClosed:
                    follower.Known.Clear();
                    loads = false;
                    break;
                case ChangeKind.Deleted:
                    follower.Known.Remove(told.DocumentId);
                    break;
                default:
                    follower.Known.Add(told.DocumentId);
                    break;
            }
        }

        if (loads)
        {
            follower.Known.Clear();
            follower.Known.UnionWith(await platform.As(
                platform.Callers.Token(carers.Single(one => one.Carer == carer).Person), ("dmp-access-mode", "normal"))
                .SearchIdsAsync(record.Id, request =>
                {
                    request.PageSize = 200;
                    request.Statuses.Add([DocumentStatus.Approved, DocumentStatus.Archived]);
                }));
        }

        var wanted = model.FoundInNormalMode(carer).Order(StringComparer.Ordinal).ToList();
        return wanted.SequenceEqual(follower.Known.Order(StringComparer.Ordinal)) ? null
            : $"who follows as {carer.Name} should know [{string.Join(", ", wanted)}] "
                + $"and knows [{string.Join(", ", follower.Known.Order(StringComparer.Ordinal))}]"
                + $" after [{string.Join(", ", events.Select(told => $"{told.Kind} {told.DocumentId}"))}]";
    }

    private sealed record Caregiver(DmpApi Api, Delegation.V1.Delegation Delegation)
    {
        public bool IsActive { get; set; }
    }

    /// <summary>What somebody made of the feed so far.</summary>
    private sealed class Follower(string token)
    {
        public string Token { get; set; } = token;

        public HashSet<string> Known { get; } = [];
    }
}
