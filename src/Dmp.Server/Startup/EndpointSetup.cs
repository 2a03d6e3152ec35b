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
using Dmp.Server.Pipeline;
using Dmp.Wishes.V1;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Dmp.Server.Startup;

/// <summary>The services, each with the rules of its methods on its endpoints.</summary>
internal static class EndpointSetup
{
    public static void MapDmp(this WebApplication app, bool withReflection)
    {
        app.UseRouting();
        app.UseMiddleware<AccessGate>();
        Map<Services.RecordService>(app, RecordService.Descriptor);
        Map<Services.DocumentService>(app, DocumentService.Descriptor);
        Map<Services.ConsentService>(app, ConsentService.Descriptor);
        Map<Services.AuditService>(app, AuditService.Descriptor);
        Map<Services.EmergencyService>(app, EmergencyService.Descriptor);
        Map<Services.AccessService>(app, AccessService.Descriptor);
        Map<Services.CareTeamService>(app, CareTeamService.Descriptor);
        Map<Services.DelegationService>(app, DelegationService.Descriptor);
        Map<Services.EventService>(app, EventService.Descriptor);
        Map<Services.NoticeService>(app, NoticeService.Descriptor);
        Map<Services.FactService>(app, FactService.Descriptor);
        Map<Services.InteractionService>(app, InteractionService.Descriptor);
        Map<Services.SearchService>(app, SearchService.Descriptor);
        Map<Services.CodeService>(app, CodeService.Descriptor);
        Map<Services.CareService>(app, CareService.Descriptor);
        Map<Services.WishService>(app, WishService.Descriptor);
        Map<Services.EntryService>(app, EntryService.Descriptor);

        // For load balancers, which have no token; it tells nothing but "serving" or "not serving".
        app.MapGrpcHealthChecksService().AllowAnonymous();
        if (withReflection)
        {
            app.MapGrpcReflectionService().AllowAnonymous();
        }
    }

    private static void Map<TService>(WebApplication app, ServiceDescriptor service)
        where TService : class =>
        MethodRule.AddTo(app.MapGrpcService<TService>(), service);
}
