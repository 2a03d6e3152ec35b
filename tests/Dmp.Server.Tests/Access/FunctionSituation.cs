using Dmp.Access.V1;
using Dmp.Annotations.V1;
using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Emergency.V1;
using Dmp.Record.V1;
using Dmp.Server.Access;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using AccessMode = Dmp.Server.Calls.AccessMode;
using StoredDocument = Dmp.Document.V1.Document;

namespace Dmp.Server.Tests.Access;

/// <summary>A record on which the second and third filter let somebody pass, so that the functional matrix alone decides.</summary>
internal sealed class FunctionSituation
{
    private static readonly FunctionActor[] attending = [FunctionActor.AttendingPhysician, FunctionActor.ReinforcedAttendingPhysician];
    private readonly Platform platform;
    private readonly FunctionCell cell;
    private readonly TestProfessional professional;
    private readonly bool isStructure;

    private FunctionSituation(Platform platform, FunctionCell cell, OpenedRecord record)
    {
        this.platform = platform;
        this.cell = cell;
        Record = record;
        isStructure = cell.Column is FunctionActor.CardStaff or FunctionActor.StructureCertificate or FunctionActor.ReinforcedStaff;
        var professional = TestProfessional.New() with { Regulates = cell.AccessMode == AccessMode.Regulation };
        this.professional = cell.Column switch
        {
            FunctionActor.Professional or FunctionActor.ReinforcedProfessional => professional with { Profession = "60", Specialty = "" },
            FunctionActor.OccupationalPhysician => professional with { Specialty = "SM25", Sector = "SA66" },
            _ => professional,
        };
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private OpenedRecord Record { get; }

    /// <summary>The actor of the cell, in its mode.</summary>
    private DmpApi Caller => Api(cell.AccessMode);

    private DmpApi Patient => platform.As(Record.Patient);

    private DmpApi Physician => platform.As(Record.Physician);

    public static async Task<FunctionSituation> CreateAsync(Platform platform, FunctionCell cell)
    {
        var situation = new FunctionSituation(platform, cell, await platform.RecordAsync());
        await situation.AuthorizeAsync();
        return situation;
    }

    /// <summary>Uses a function with its condition met, or not; true when it was possible.</summary>
    public async Task<bool> UseAsync(Function function, bool conditionHolds) => function switch
    {
        Function.Authenticate => (await FunctionsAsync()).Contains(function),
        Function.OpenWeb => (await FunctionsAsync()).Contains(function),
        Function.TestAccess => (await Caller.Records.CheckAccessAsync(
            new CheckAccessRequest { Ins = Record.Patient.Ins }, cancellationToken: Token)).RecordId == Record.Id,
        Function.AddAuthorization => await DeclareAsync(conditionHolds),
        Function.RemoveAuthorization => await RevokeAsync(),
        Function.ResignAttending => !(await Caller.Consents.ResignAttendingPhysicianAsync(
            new ResignAttendingPhysicianRequest { RecordId = Record.Id, RequestId = Given.NewId() },
            cancellationToken: Token)).Consent.AttendingPhysician,
        Function.ListRecords => await ListRecordsAsync(conditionHolds),
        Function.FindRecords => (await Caller.Emergencies.FindRecordsAsync(
            new FindRecordsRequest
            {
                BirthFamilyName = Record.Patient.Traits.BirthFamilyName,
                BirthDate = Record.Patient.Traits.BirthDate,
                Sex = Record.Patient.Traits.Sex,
            },
            cancellationToken: Token)).Records.Count > 0,
        Function.ReadAdministrativeData => (await Caller.Records.GetRecordAsync(
            new GetRecordRequest { RecordId = Record.Id }, cancellationToken: Token)).Record.RecordId == Record.Id,
        Function.ListAuthorizations => await ListAuthorizationsAsync(),
        Function.Feed or Function.FeedByStaff => await FeedAsync(function, conditionHolds),
        Function.Search => await SearchAsync(),
        Function.FindReference => await FindReferenceAsync(conditionHolds),
        Function.Mask => (await Caller.Documents.MaskDocumentAsync(
            Target<MaskDocumentRequest>(await OfPhysicianAsync()), cancellationToken: Token)).Document.VisibilityCodes.Count == 1,
        Function.Unmask => await UnmaskAsync(conditionHolds),
        Function.Reveal => (await Caller.Documents.RevealDocumentAsync(
            new RevealDocumentRequest
            {
                RecordId = Record.Id,
                DocumentId = (await OfPhysicianAsync(VisibilityCode.HiddenFromPatient)).DocumentId,
                VisibilityCode = VisibilityCode.HiddenFromPatient,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token)).Document.VisibilityCodes.Count == 0,
        Function.Archive => (await Caller.Documents.ArchiveDocumentAsync(
            Target<ArchiveDocumentRequest>(await OwnWhenAsync(conditionHolds && cell.Decision == "conditional")),
            cancellationToken: Token)).Document.Status == DocumentStatus.Archived,
        Function.Delete => (await Caller.Documents.DeleteDocumentAsync(
            Target<DeleteDocumentRequest>(await OwnWhenAsync(conditionHolds)),
            cancellationToken: Token)).Document.Status == DocumentStatus.Deleted,
        _ => await ReadAsync(function, conditionHolds),
    };

    private static TRequest Target<TRequest>(StoredDocument document)
        where TRequest : Google.Protobuf.IMessage, new()
    {
        var request = new TRequest();
        foreach (var (name, value) in new[]
        {
            ("record_id", document.RecordId), ("document_id", document.DocumentId), ("request_id", Given.NewId()),
        })
        {
            request.Descriptor.FindFieldByName(name).Accessor.SetValue(request, value);
        }

        return request;
    }

    private static string Header(AccessMode mode) => mode switch
    {
        AccessMode.BreakGlass => "break-glass",
        AccessMode.Regulation => "regulation",
        _ => "normal",
    };

    private async Task AuthorizeAsync()
    {
        var isEmergency = cell.AccessMode != AccessMode.Normal;
        if (!isEmergency || attending.Contains(cell.Column))
        {
            await Patient.Consents.GrantConsentAsync(
                new GrantConsentRequest
                {
                    RecordId = Record.Id,
                    Actor = isStructure ? new Actor { Kind = ActorKind.Structure, Id = professional.StructureId } : professional.Actor,
                    AttendingPhysician = attending.Contains(cell.Column),
                    RequestId = Given.NewId(),
                },
                cancellationToken: Token);
        }

        if (isEmergency && !isStructure)
        {
            await Api(AccessMode.Normal).Emergencies.OpenEmergencyAccessAsync(
                new OpenEmergencyAccessRequest
                {
                    RecordId = Record.Id,
                    Mode = cell.AccessMode == AccessMode.BreakGlass ? EmergencyMode.BreakGlass : EmergencyMode.Regulation,
                    Reason = "Patient inconscient, détresse respiratoire",
                    RequestId = Given.NewId(),
                },
                cancellationToken: Token);
        }
    }

    /// <summary>The actor as the cell authenticates it, or directly, to deposit what it will be the author of.</summary>
    private DmpApi Api(AccessMode mode, bool asDepositor = false)
    {
        var claims = isStructure ? Callers.StructureClaims(professional.StructureId) : Callers.Claims(professional);
        claims["Acces_Regulation_Medicale"] = professional.Regulates ? "VRAI" : "FAUX";
        if (!asDepositor)
        {
            claims["Authentification_mode"] = cell.Authentication switch
            {
                "air" => "INDIRECTE_RENFORCEE",
                "indirect" => "INDIRECTE",
                _ => "DIRECTE",
            };
            if (cell.Column is FunctionActor.CardStaff or FunctionActor.ReinforcedStaff)
            {
                claims["staff_id"] = "secretary-1";
            }
        }

        return platform.As(platform.Callers.Mint(claims), ("dmp-access-mode", Header(mode)));
    }

    private async Task<HashSet<Function>> FunctionsAsync() =>
        [.. (await Caller.Access.ListFunctionsAsync(new ListFunctionsRequest { RecordId = Record.Id }, cancellationToken: Token))
            .Functions.Select(right => right.Function)];

    private async Task<bool> DeclareAsync(bool conditionHolds)
    {
        var declared = await Caller.Consents.DeclareConsentAsync(
            new DeclareConsentRequest { RecordId = Record.Id, Collection = ConsentCollection.Remote, RequestId = Given.NewId() },
            cancellationToken: Token);

        // There is no way to declare for the person of the staff: the authorisation is the structure's.
        var isStructures = declared.Consent.Actor.Kind == ActorKind.Structure;
        return isStructures == isStructure && (conditionHolds || !isStructures);
    }

    private async Task<bool> RevokeAsync()
    {
        var consents = await Patient.Consents.ListConsentsAsync(new ListConsentsRequest { RecordId = Record.Id }, cancellationToken: Token);
        var own = consents.Consents.FirstOrDefault(
            consent => consent.Actor.Id == (isStructure ? professional.StructureId : professional.Id));
        var revoked = await Caller.Consents.RevokeConsentAsync(
            new RevokeConsentRequest { RecordId = Record.Id, ConsentId = own?.ConsentId ?? Given.NewId(), RequestId = Given.NewId() },
            cancellationToken: Token);
        return revoked.Consent.State == ConsentState.Revoked;
    }

    private async Task<bool> ListRecordsAsync(bool conditionHolds)
    {
        var request = new ListRecordsRequest();
        if (cell.Column == FunctionActor.StructureCertificate && conditionHolds)
        {
            request.AuthorizedAfter = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddMinutes(-5));
        }

        if (cell.Column is not (FunctionActor.CardStaff or FunctionActor.ReinforcedStaff))
        {
            await Caller.Records.ListRecordsAsync(request, cancellationToken: Token);
            return true;
        }

        // A record that a professional of the same structure, or of another one, is authorised on.
        var other = await platform.RecordAsync();
        var colleague = TestProfessional.New();
        await platform.As(conditionHolds ? colleague with { StructureId = professional.StructureId } : colleague).DeclareAsync(other.Id);
        var found = await Caller.Records.ListRecordsAsync(request, cancellationToken: Token);
        return found.Records.Any(record => record.RecordId == other.Id);
    }

    private async Task<bool> ListAuthorizationsAsync()
    {
        await Caller.Consents.ListBlocksAsync(new ListBlocksRequest { RecordId = Record.Id }, cancellationToken: Token);
        return (await Caller.Consents.ListConsentsAsync(
            new ListConsentsRequest { RecordId = Record.Id }, cancellationToken: Token)).Consents.Count > 0;
    }

    private async Task<bool> FeedAsync(Function function, bool conditionHolds)
    {
        var isOpen = (await FunctionsAsync()).Contains(function);
        if (!isOpen && (await FunctionsAsync()).Overlaps([Function.Feed, Function.FeedByStaff]))
        {
            // The same call serves both transactions; it is made as the other one.
            return false;
        }

        var stored = await DepositAsync(Caller);
        return isOpen && (conditionHolds || stored.Depositor.Kind != ActorKind.Structure);
    }

    private async Task<bool> SearchAsync()
    {
        var document = await OfPhysicianAsync();
        return (await Caller.SearchIdsAsync(Record.Id)).Contains(document.DocumentId);
    }

    private async Task<bool> FindReferenceAsync(bool conditionHolds)
    {
        var own = await OwnAsync();
        var found = await Caller.SearchIdsAsync(Record.Id, request => request.UniqueId = conditionHolds ? own.Metadata.UniqueId : "");
        return found.Contains(own.DocumentId);
    }

    private async Task<bool> UnmaskAsync(bool conditionHolds)
    {
        var document = await OwnWhenAsync(conditionHolds && cell.Decision == "conditional");
        await Patient.Documents.MaskDocumentAsync(Target<MaskDocumentRequest>(document), cancellationToken: Token);
        return (await Caller.Documents.UnmaskDocumentAsync(
            Target<UnmaskDocumentRequest>(document), cancellationToken: Token)).Document.VisibilityCodes.Count == 0;
    }

    private async Task<bool> ReadAsync(Function function, bool conditionHolds)
    {
        switch (function)
        {
            case Function.ReadMasked:
                var isOwn = conditionHolds && cell.Condition.Contains("authored", StringComparison.Ordinal);
                var masked = await OwnWhenAsync(isOwn);
                await Patient.Documents.MaskDocumentAsync(Target<MaskDocumentRequest>(masked), cancellationToken: Token);
                if (conditionHolds && cell.Condition.Contains("patient allowed", StringComparison.Ordinal))
                {
                    await ShowMaskedAsync();
                }

                return (await Caller.ReadAsync(masked)).Length > 0;
            case Function.ReadHidden:
                return (await Caller.ReadAsync(await OfPhysicianAsync(VisibilityCode.HiddenFromPatient))).Length > 0;
            case Function.ReadArchived:
                var archived = await OfPhysicianAsync();
                await Physician.Documents.ArchiveDocumentAsync(Target<ArchiveDocumentRequest>(archived), cancellationToken: Token);
                return (await Caller.ReadAsync(archived)).Length > 0;
            case Function.ReadObsolete:
                var replaced = await OfPhysicianAsync();
                await Physician.UploadAsync(Record.Id, intent =>
                {
                    intent.ReplacesDocumentId = replaced.DocumentId;
                    intent.Etag = replaced.Etag;
                });
                return (await Caller.ReadAsync(replaced, request => request.Version = 1)).Length > 0;
            case Function.ReadDeleted:
                // The third filter: deleted content is for its author, attending physicians and the patient.
                var deleted = await OwnAsync();
                var author = Api(AccessMode.Normal, asDepositor: true);
                await author.Documents.DeleteDocumentAsync(Target<DeleteDocumentRequest>(deleted), cancellationToken: Token);
                return (await Caller.ReadAsync(deleted)).Length > 0;
            default:
                return (await Caller.ReadAsync(await OfPhysicianAsync())).Length > 0;
        }
    }

    private async Task ShowMaskedAsync()
    {
        var settings = (await Patient.Consents.GetConsentSettingsAsync(
            new GetConsentSettingsRequest { RecordId = Record.Id }, cancellationToken: Token)).Settings;
        await Patient.Consents.UpdateConsentSettingsAsync(
            new UpdateConsentSettingsRequest
            {
                RecordId = Record.Id,
                Settings = new ConsentSettings { EmergencyMaskedAllowed = true },
                UpdateMask = new FieldMask { Paths = { "emergency_masked_allowed" } },
                Etag = settings.Etag,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);
    }

    private Task<StoredDocument> OfPhysicianAsync(params VisibilityCode[] codes) =>
        Physician.UploadAsync(Record.Id, intent => intent.VisibilityCodes.AddRange(codes));

    private Task<StoredDocument> OwnAsync() => DepositAsync(Api(AccessMode.Normal, asDepositor: true));

    private Task<StoredDocument> OwnWhenAsync(bool isOwn) => isOwn ? OwnAsync() : OfPhysicianAsync();

    private Task<StoredDocument> DepositAsync(DmpApi depositor) => depositor.UploadAsync(Record.Id, intent =>
    {
        if (isStructure)
        {
            intent.Metadata.Authors.Add(new Author
            {
                Institution = new Institution { Id = professional.StructureId, Name = "HOPITAL D'ESSAI" },
            });
        }
    });
}
