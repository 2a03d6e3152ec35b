using Dmp.Access.V1;
using Dmp.Audit.V1;
using Dmp.Care.V1;
using Dmp.CareTeam.V1;
using Dmp.Codes.V1;
using Dmp.Consent.V1;
using Dmp.Delegation.V1;
using Dmp.Document.V1;
using Dmp.Emergency.V1;
using Dmp.Entries.V1;
using Dmp.Event.V1;
using Dmp.Facts.V1;
using Dmp.Interactions.V1;
using Dmp.Notice.V1;
using Dmp.Record.V1;
using Dmp.Search.V1;
using Dmp.Wishes.V1;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Dmp.Server.Calls;

/// <summary>The services of the contract.</summary>
internal static class OfferedServices
{
    /// <summary>Every service of the contract that this server offers.</summary>
    public static IReadOnlyList<ServiceDescriptor> All { get; } =
    [
        RecordService.Descriptor,
        DocumentService.Descriptor,
        ConsentService.Descriptor,
        AuditService.Descriptor,
        EmergencyService.Descriptor,
        AccessService.Descriptor,
        CareTeamService.Descriptor,
        DelegationService.Descriptor,
        EventService.Descriptor,
        NoticeService.Descriptor,
        FactService.Descriptor,
        InteractionService.Descriptor,
        SearchService.Descriptor,
        CodeService.Descriptor,
        CareService.Descriptor,
        WishService.Descriptor,
        EntryService.Descriptor,
    ];
}
